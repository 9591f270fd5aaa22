// SPDX-License-Identifier: GPL-2.0-or-later

// The relay as the known implementations write it: `recvfrom` for every datagram, one `sendto` for every
// copy, and a wait for readiness when nothing is left. No GSO, no GRO, no batches. It keeps no more state
// than that needs, so it is a little faster than they are; its buffers hold a full load's copies over eight
// links, so that it loses none.
//
//     one-call-per-copy client LISTEN-PORT DESTINATION-IPV4 DESTINATION-PORT INTERFACE=IPV4...
//     one-call-per-copy server LISTEN-PORT UPSTREAM-IPV4 UPSTREAM-PORT

#include "cbench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    SOCKETS_MAX = 64,
    PATHS_MAX = 64,
    PATH_TIMEOUT_SECONDS = 30,
    DATAGRAMS_PER_WAKE = 64,  // from one socket before the next has its turn
    BUFFER_BYTES = 16 << 20,
};

struct path {
    struct sockaddr_in address;
    time_t heard;
};

static struct pollfd sockets[SOCKETS_MAX];  // the first is WireGuard's or the clients', the others links or upstream
static int socket_count;
static struct path paths[PATHS_MAX];
static int path_count;
static unsigned char buffer[65536];

static void fail(const char *what) {
    fprintf(stderr, "one-call-per-copy: %s: %s\n", what, strerror(errno));
    exit(1);
}

static struct sockaddr_in address(const char *host, const char *port) {
    struct sockaddr_in out = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    if (inet_pton(AF_INET, host, &out.sin_addr) != 1) {
        errno = EINVAL;
        fail(host);
    }
    return out;
}

static void add_socket(const char *device, struct sockaddr_in local) {
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0 || socket_count == SOCKETS_MAX) fail("socket");
    int bytes = BUFFER_BYTES;
    if (setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) < 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    if (setsockopt(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) < 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    if (device && setsockopt(descriptor, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device)) < 0)
        fail(device);
    if (bind(descriptor, (struct sockaddr *)&local, sizeof local) < 0) fail("bind");
    sockets[socket_count++] = (struct pollfd){descriptor, POLLIN, 0};
}

// A failed copy costs that copy only.
static void copy_to(int descriptor, size_t length, const struct sockaddr_in *target) {
    sendto(descriptor, buffer, length, MSG_NOSIGNAL, (const struct sockaddr *)target, sizeof *target);
}

static void hear(const struct sockaddr_in *from) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    for (int i = 0; i < path_count; i++) {
        if (paths[i].address.sin_addr.s_addr != from->sin_addr.s_addr ||
            paths[i].address.sin_port != from->sin_port)
            continue;
        paths[i].heard = now.tv_sec;
        return;
    }
    if (path_count < PATHS_MAX) paths[path_count++] = (struct path){*from, now.tv_sec};
}

static void expire(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    for (int i = 0; i < path_count;) {
        if (now.tv_sec - paths[i].heard > PATH_TIMEOUT_SECONDS)
            paths[i] = paths[--path_count];
        else
            i++;
    }
}

int cbench_one_call_main(int argc, char **argv) {
    bool client = argc > 5 && strcmp(argv[1], "client") == 0;
    if (!client && (argc != 5 || strcmp(argv[1], "server") != 0)) {
        fprintf(stderr, "usage: one-call-per-copy client PORT DESTINATION PORT INTERFACE=ADDRESS...\n"
                        "       one-call-per-copy server PORT UPSTREAM PORT\n");
        return 2;
    }
    struct sockaddr_in far = address(argv[3], argv[4]), near = {0};
    for (int i = 5; i < argc; i++) {
        char *separator = strchr(argv[i], '=');
        if (!separator) {
            errno = EINVAL;
            fail(argv[i]);
        }
        *separator = 0;
    }
    // The listening socket comes last: whoever waits for its port finds everything ready.
    socket_count = 1;
    for (int i = 5; i < argc; i++) add_socket(argv[i], address(argv[i] + strlen(argv[i]) + 1, "0"));
    if (!client) add_socket(NULL, address("0.0.0.0", "0"));
    int end = socket_count;
    add_socket(NULL, address(client ? "127.0.0.1" : "0.0.0.0", argv[2]));
    sockets[0] = sockets[end];
    socket_count = end;

    for (;;) {
        int ready = poll(sockets, (nfds_t)socket_count, 1000);
        if (ready < 0 && errno != EINTR) fail("poll");
        if (!client) expire();
        for (int i = 0; i < socket_count && ready > 0; i++) {
            if (sockets[i].revents == 0) continue;
            for (int taken = 0; taken < DATAGRAMS_PER_WAKE; taken++) {
                struct sockaddr_in from;
                socklen_t from_length = sizeof from;
                ssize_t length = recvfrom(
                    sockets[i].fd, buffer, sizeof buffer, 0, (struct sockaddr *)&from, &from_length);
                if (length < 0) break;
                if (client && i == 0) {
                    near = from;
                    for (int link = 1; link < socket_count; link++) copy_to(sockets[link].fd, (size_t)length, &far);
                } else if (client) {
                    if (near.sin_port != 0) copy_to(sockets[0].fd, (size_t)length, &near);
                } else if (i == 0) {
                    hear(&from);
                    copy_to(sockets[1].fd, (size_t)length, &far);
                } else {
                    for (int path = 0; path < path_count; path++)
                        copy_to(sockets[0].fd, (size_t)length, &paths[path].address);
                }
            }
        }
    }
}
