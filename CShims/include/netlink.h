// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Why these exist: the attribute macros and libmnl's walkers are not visible to Swift, and the kernel's
// structs are unions and flexible arrays. Everything here only translates; what an event means is decided in
// Swift.

// One fact about the machine's interfaces. Which fields are set depends on `kind`; the others are zero.
enum {
    ENGARDE_LINK_SET = 1,      // index, name, link_kind, flags, carrier, mtu
    ENGARDE_LINK_REMOVED,      // index
    ENGARDE_ADDRESS_SET,       // index, family, prefix_length, address, peer, address_flags
    ENGARDE_ADDRESS_REMOVED,   // the same
    ENGARDE_DUMP_DONE,         // sequence
    ENGARDE_DUMP_INTERRUPTED,  // sequence: the kernel's lists changed while it copied them, ask again
    ENGARDE_ROUTE_CHANGED,     // nothing more: neighbouring ones are one event
    ENGARDE_OVERRUN,           // notifications were lost, ask for everything again
    ENGARDE_REQUEST_FAILED,    // sequence, error
};

struct engarde_link_event {
    int32_t kind;
    int32_t index;
    uint32_t flags;          // IFF_*
    uint32_t mtu;
    uint32_t address_flags;  // IFA_F_*, all 32 bits
    uint32_t sequence;       // of the request that this answers
    int32_t error;           // a positive errno
    uint8_t family;          // AF_INET or AF_INET6
    uint8_t prefix_length;
    bool carrier;            // up and able to carry, known before `ip link` shows it
    bool from_dump;          // an answer to a request, not a notification
    char name[16];           // IFNAMSIZ
    char link_kind[32];      // "veth", "wireguard", "tun"; empty for hardware
    uint8_t address[16];     // network order: the interface's own address, also when point-to-point
    uint8_t peer[16];        // network order: the other end when point-to-point, else zero
};

// A NETLINK_ROUTE socket and the rest of the datagram that is being handed out.
struct engarde_netlink;

// Opens a non-blocking, close-on-exec socket. With `notifications` it has joined the groups for links and
// addresses of both families, as `ip monitor link address` does. `receive_buffer` in bytes; the kernel's
// limit is passed over where allowed (SO_RCVBUFFORCE). Returns 0 and the socket, or -errno.
int engarde_netlink_open(struct engarde_netlink **out, bool notifications, int receive_buffer);
void engarde_netlink_close(struct engarde_netlink *netlink);
int engarde_netlink_descriptor(const struct engarde_netlink *netlink);

// Joins or leaves the groups for IPv4 and IPv6 routes and rules, as `ip monitor route rule` does. Separate from
// opening, because a router with a full table floods them. Returns 0 or -errno.
int engarde_netlink_watch_routes(struct engarde_netlink *netlink, bool on);

// Ask for all links, or all addresses. One dump at a time on a socket: the kernel answers the second with
// EBUSY. Return 0 or -errno; the answers come by `engarde_netlink_read` and end with ENGARDE_DUMP_DONE or
// ENGARDE_REQUEST_FAILED carrying `sequence`.
int engarde_netlink_request_links(struct engarde_netlink *netlink, uint32_t sequence);
int engarde_netlink_request_addresses(struct engarde_netlink *netlink, uint32_t sequence);

// Hands out what is waiting, at most `capacity` (at least 2) events and one datagram a call. Returns how
// many, which may be 0 for a datagram that holds nothing of interest; -EAGAIN when nothing waits; another
// -errno when the socket is of no more use. Lost notifications are an event, ENGARDE_OVERRUN.
int engarde_netlink_read(struct engarde_netlink *netlink, struct engarde_link_event *events, int capacity);

// Decodes the bytes of one datagram; for replaying recorded ones. `bytes` must be aligned for `struct
// nlmsghdr`. Returns how many of `capacity` (at least 2) events were written, and in `consumed` how far it
// came: call again with the rest until that is `length`.
int engarde_netlink_decode(
    const void *bytes, size_t length, size_t *consumed, struct engarde_link_event *events, int capacity);

// The same facts without netlink, by ioctl and /proc, for where a sandbox refuses such sockets. (getifaddrs
// and if_nameindex are no help there: the C library asks netlink for them.) The poller belongs to the network
// namespace of the thread that opened it.
struct engarde_poller;

int engarde_poller_open(struct engarde_poller **out);
void engarde_poller_close(struct engarde_poller *poller);

// Enumerates once. The events read like one complete dump without its end, links before addresses; they
// belong to the poller until the next call. Returns how many, or -errno.
int engarde_poller_enumerate(struct engarde_poller *poller, const struct engarde_link_event **events);
