// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "hot.h"

// CLOCK_MONOTONIC in nanoseconds. Exists because Swift's clocks allocate metadata on first use.
ENGARDE_HOT int64_t engarde_monotonic_nanoseconds(void);

// Why these exist: the cmsg macros are not visible to Swift, and ancillary data is read on the hot path.

// Where a datagram was addressed to, or where an answer should leave from. `family` is 0 when unknown, else the
// family of the *socket* (AF_INET or AF_INET6); on an AF_INET6 socket an IPv4 address is v4-mapped. `interface` is 0
// but for a link-local address: naming it would override the routing table for answers.
struct engarde_packet_info {
    uint16_t family;
    uint16_t reserved;
    uint32_t interface;
    uint8_t address[16];
};

struct engarde_ancillary {
    uint32_t segment_size;   // UDP_GRO: bytes a segment; 0 when the datagram is single
    uint32_t kernel_drops;   // SO_RXQ_OVFL: datagrams this socket has lost so far, wraps at 2^32
    bool has_kernel_drops;   // the kernel attaches the count only once it is above zero
    struct engarde_packet_info local;
};

// Room for everything `engarde_read_ancillary` understands: UDP_GRO, IP(V6)_PKTINFO, SO_RXQ_OVFL.
enum { ENGARDE_ANCILLARY_IN = 128 };
// Room for everything `engarde_write_ancillary` writes: UDP_SEGMENT and IP(V6)_PKTINFO.
enum { ENGARDE_ANCILLARY_OUT = 64 };

// Decodes the control bytes of a received datagram. Unknown messages are passed over.
ENGARDE_HOT struct engarde_ancillary engarde_read_ancillary(const void *control, size_t length);

// Writes UDP_SEGMENT when `segment_size` is above zero and the source address when `local->family` is set. Returns
// the bytes used, at most ENGARDE_ANCILLARY_OUT; `control` must be aligned for `struct cmsghdr`.
ENGARDE_HOT size_t engarde_write_ancillary(
    void *control, uint16_t segment_size, const struct engarde_packet_info *local);

// System calls of the polling engine, declared so that hot Swift may call them. Each returns what the call returns,
// with a failure as -errno.
ENGARDE_HOT int engarde_recvmmsg(int descriptor, struct mmsghdr *messages, unsigned count);
ENGARDE_HOT int engarde_sendmmsg(int descriptor, struct mmsghdr *messages, unsigned count);
ENGARDE_HOT int engarde_read_event(int descriptor);
ENGARDE_HOT void engarde_signal_event(int descriptor);

// A close-on-exec eventfd, or -errno; <sys/eventfd.h> is not part of Swift's Glibc module. Blocking, because
// io_uring answers EAGAIN at once for a read of a non-blocking file instead of waiting for the event.
int engarde_event_create(void);

// One ready descriptor: the `token` it was registered with.
struct engarde_ready {
    uint64_t token;
};

// epoll with level-triggered readability; `timeout_nanoseconds` < 0 waits without limit.
int engarde_epoll_create(void);
ENGARDE_HOT int engarde_epoll_add(int epoll, int descriptor, uint64_t token);
ENGARDE_HOT int engarde_epoll_remove(int epoll, int descriptor);
ENGARDE_HOT int engarde_epoll_wait(
    int epoll, struct engarde_ready *ready, int capacity, int64_t timeout_nanoseconds);

// Constants that older C libraries lack or that Swift cannot import as integers.
extern const int32_t ENGARDE_UDP_SEGMENT;
extern const int32_t ENGARDE_UDP_GRO;

// `setsockopt` by name of what is wanted, all returning 0 or -errno.
int engarde_set_option(int descriptor, int level, int option, int value);
// Keeps the calling thread on one processor. 0 or -errno.
int engarde_pin_thread(int processor);
// How long the calling thread runs at most before another of its priority does, and what it is now; 0 where the kernel
// (before Linux 6.12) or the thread's policy has none of its own. Setting leaves real-time policies alone. -errno.
int engarde_set_slice(int64_t nanoseconds);
int64_t engarde_slice(void);
ENGARDE_HOT void engarde_yield(void);
// By the interface's index, which stays when it is renamed; before Linux 5.0 by its name. 0 or -errno.
int engarde_bind_to_device(int descriptor, int index);

// With _GNU_SOURCE glibc declares these with a transparent union that Swift cannot make. 0 or -errno.
int engarde_bind(int descriptor, const void *address, socklen_t length);
int engarde_connect(int descriptor, const void *address, socklen_t length);
// Writes at most sizeof(struct sockaddr_in6) bytes.
int engarde_local_address(int descriptor, struct sockaddr_in6 *address);
