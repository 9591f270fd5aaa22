// SPDX-License-Identifier: GPL-2.0-or-later
#include "cbench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int cbench_use_cores(const int *cores, int count) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int i = 0; i < count; i++) CPU_SET(cores[i], &set);
    return sched_setaffinity(0, sizeof set, &set) < 0 ? -errno : 0;
}

int cbench_cores(int *cores, int capacity) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) < 0) return -errno;
    int count = 0;
    for (int core = 0; core < CPU_SETSIZE; core++) {
        if (!CPU_ISSET(core, &set)) continue;
        if (count < capacity) cores[count] = core;
        count++;
    }
    return count;
}

int cbench_open_capture(const char *name) {
    int descriptor = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_IP));
    if (descriptor < 0) return -errno;
    int one = 1, bytes = 4 << 20;
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = (int)if_nametoindex(name)};
    if (address.sll_ifindex == 0 ||
        setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one) < 0 ||
        bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0) {
        int failure = errno;
        close(descriptor);
        return -failure;
    }
    return descriptor;
}

static int64_t nanoseconds(struct timespec time) { return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec; }

// The kernel stamps on CLOCK_REALTIME; both clocks are read now to carry the stamp over.
static int64_t monotonic(struct timespec stamp) {
    struct timespec real;
    clock_gettime(CLOCK_REALTIME, &real);
    return cbench_now() - (nanoseconds(real) - nanoseconds(stamp));
}

int64_t cbench_capture_next(int descriptor, uint16_t port, int64_t deadline) {
    for (;;) {
        unsigned char packet[128];
        union {
            struct cmsghdr header;
            unsigned char room[CMSG_SPACE(sizeof(struct timespec))];
        } control;
        struct sockaddr_ll from;
        struct iovec piece = {packet, sizeof packet};
        struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &piece,
            .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
        ssize_t length = recvmsg(descriptor, &message, 0);
        if (length < 0) {
            if (errno != EAGAIN && errno != EINTR && errno != ENETDOWN) return 0;
            int64_t left = deadline - cbench_now();
            if (left <= 0) return 0;
            struct pollfd waiting = {descriptor, POLLIN, 0};
            struct timespec limit = {left / 1000000000, left % 1000000000};
            ppoll(&waiting, 1, &limit, NULL);
            continue;
        }
        size_t header = length > 0 ? (size_t)(packet[0] & 15) * 4 : 0;
        if (from.sll_pkttype == PACKET_OUTGOING || (size_t)length < header + 8 || packet[9] != IPPROTO_UDP ||
            (packet[header + 2] << 8 | packet[header + 3]) != port)
            continue;
        for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
            if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_TIMESTAMPNS) continue;
            struct timespec stamp;
            memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
            return monotonic(stamp);
        }
        return cbench_now();
    }
}
