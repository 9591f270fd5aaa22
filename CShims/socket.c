// SPDX-License-Identifier: GPL-2.0-or-later
#include "socket.h"

#include <errno.h>
#include <linux/udp.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef SOL_UDP
#define SOL_UDP 17
#endif

const int32_t ENGARDE_UDP_SEGMENT = UDP_SEGMENT;
const int32_t ENGARDE_UDP_GRO = UDP_GRO;

int64_t engarde_monotonic_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct engarde_ancillary engarde_read_ancillary(const void *control, size_t length) {
    struct engarde_ancillary out = {0};
    struct msghdr header = {.msg_control = (void *)control, .msg_controllen = length};
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&header); c != NULL; c = CMSG_NXTHDR(&header, c)) {
        const void *data = CMSG_DATA(c);
        if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
            int size;  // the kernel writes an int here, though it reads a uint16_t on the way out
            memcpy(&size, data, sizeof size);
            out.segment_size = (uint32_t)size;
        } else if (c->cmsg_level == SOL_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, data, sizeof info);
            out.local.family = AF_INET;
            memcpy(out.local.address, &info.ipi_addr, sizeof info.ipi_addr);
        } else if (c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, data, sizeof info);
            out.local.family = AF_INET6;
            out.local.interface = IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr) ? info.ipi6_ifindex : 0;
            memcpy(out.local.address, &info.ipi6_addr, sizeof info.ipi6_addr);
        } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
            memcpy(&out.kernel_drops, data, sizeof out.kernel_drops);
            out.has_kernel_drops = true;
        }
    }
    return out;
}

size_t engarde_write_ancillary(void *control, uint16_t segment_size, const struct engarde_packet_info *local) {
    unsigned char *at = control;
    if (segment_size > 0) {
        struct cmsghdr *c = (struct cmsghdr *)at;
        c->cmsg_level = SOL_UDP;
        c->cmsg_type = UDP_SEGMENT;
        c->cmsg_len = CMSG_LEN(sizeof segment_size);
        memcpy(CMSG_DATA(c), &segment_size, sizeof segment_size);
        at += CMSG_SPACE(sizeof segment_size);
    }
    if (local->family == AF_INET) {
        struct in_pktinfo info = {.ipi_ifindex = (int)local->interface};
        memcpy(&info.ipi_spec_dst, local->address, sizeof info.ipi_spec_dst);
        struct cmsghdr *c = (struct cmsghdr *)at;
        c->cmsg_level = SOL_IP;
        c->cmsg_type = IP_PKTINFO;
        c->cmsg_len = CMSG_LEN(sizeof info);
        memcpy(CMSG_DATA(c), &info, sizeof info);
        at += CMSG_SPACE(sizeof info);
    } else if (local->family == AF_INET6) {
        struct in6_pktinfo info = {.ipi6_ifindex = local->interface};
        memcpy(&info.ipi6_addr, local->address, sizeof info.ipi6_addr);
        struct cmsghdr *c = (struct cmsghdr *)at;
        c->cmsg_level = SOL_IPV6;
        c->cmsg_type = IPV6_PKTINFO;
        c->cmsg_len = CMSG_LEN(sizeof info);
        memcpy(CMSG_DATA(c), &info, sizeof info);
        at += CMSG_SPACE(sizeof info);
    }
    return (size_t)(at - (unsigned char *)control);
}

static int result(int value) { return value < 0 ? -errno : value; }

int engarde_recvmmsg(int descriptor, struct mmsghdr *messages, unsigned count) {
    return result(recvmmsg(descriptor, messages, count, MSG_DONTWAIT, NULL));
}

int engarde_sendmmsg(int descriptor, struct mmsghdr *messages, unsigned count) {
    return result(sendmmsg(descriptor, messages, count, MSG_DONTWAIT | MSG_NOSIGNAL));
}

int engarde_read_event(int descriptor) {
    uint64_t value;
    return result((int)read(descriptor, &value, sizeof value));
}

void engarde_signal_event(int descriptor) {
    const uint64_t one = 1;
    // Fails only when the count is at its end, and then who reads it is awake already.
    ssize_t written = write(descriptor, &one, sizeof one);
    (void)written;
}

int engarde_event_create(void) { return result(eventfd(0, EFD_CLOEXEC)); }

int engarde_epoll_create(void) { return result(epoll_create1(EPOLL_CLOEXEC)); }

int engarde_epoll_add(int epoll, int descriptor, uint64_t token) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = token};
    return result(epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event));
}

int engarde_epoll_remove(int epoll, int descriptor) {
    return result(epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, NULL));
}

int engarde_epoll_wait(int epoll, struct engarde_ready *ready, int capacity, int64_t timeout_nanoseconds) {
    struct epoll_event events[64];
    if (capacity > 64) capacity = 64;
    struct timespec limit = {timeout_nanoseconds / 1000000000, timeout_nanoseconds % 1000000000};
    int count = epoll_pwait2(epoll, events, capacity, timeout_nanoseconds < 0 ? NULL : &limit, NULL);
    if (count < 0 && errno == ENOSYS) {  // before Linux 5.11: milliseconds, rounded up so as not to spin
        int milliseconds = timeout_nanoseconds < 0 ? -1 : (int)((timeout_nanoseconds + 999999) / 1000000);
        count = epoll_wait(epoll, events, capacity, milliseconds);
    }
    if (count < 0) return -errno;
    for (int i = 0; i < count; i++) ready[i].token = events[i].data.u64;
    return count;
}

int engarde_set_option(int descriptor, int level, int option, int value) {
    return result(setsockopt(descriptor, level, option, &value, sizeof value));
}

int engarde_bind_to_device(int descriptor, int index) {
    int bound = result(setsockopt(descriptor, SOL_SOCKET, SO_BINDTOIFINDEX, &index, sizeof index));
    if (bound != -ENOPROTOOPT) return bound;
    char name[IF_NAMESIZE];
    if (if_indextoname((unsigned)index, name) == NULL) return -errno;
    return result(setsockopt(descriptor, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name)));
}

int engarde_bind(int descriptor, const void *address, socklen_t length) {
    return result(bind(descriptor, address, length));
}

int engarde_connect(int descriptor, const void *address, socklen_t length) {
    return result(connect(descriptor, address, length));
}

int engarde_local_address(int descriptor, struct sockaddr_in6 *address) {
    socklen_t length = sizeof *address;
    return result(getsockname(descriptor, (struct sockaddr *)address, &length));
}

int engarde_pin_thread(int processor) {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (processor < 0 || processor >= CPU_SETSIZE) return -EINVAL;
    CPU_SET(processor, &set);
    return result(sched_setaffinity(0, sizeof set, &set));
}

// The first version of struct sched_attr, and calls that glibc has since 2.41 only; <linux/sched/types.h> clashes with
// older ones.
struct scheduling {
    uint32_t size;
    uint32_t policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime;  // of an ordinary policy: the slice
    uint64_t deadline;
    uint64_t period;
};

static int get_scheduling(struct scheduling *out) {
    return result((int)syscall(SYS_sched_getattr, 0, out, sizeof *out, 0));
}

static bool has_slices(const struct scheduling *of) {
    return of->policy == SCHED_OTHER || of->policy == SCHED_BATCH;
}

int engarde_set_slice(int64_t nanoseconds) {
    struct scheduling now = {0};
    int failure = get_scheduling(&now);
    if (failure < 0 || !has_slices(&now)) return failure;
    now.runtime = (uint64_t)nanoseconds;
    return result((int)syscall(SYS_sched_setattr, 0, &now, 0));
}

int64_t engarde_slice(void) {
    struct scheduling now = {0};
    int failure = get_scheduling(&now);
    if (failure < 0) return failure;
    return has_slices(&now) ? (int64_t)now.runtime : 0;
}

void engarde_yield(void) { sched_yield(); }
