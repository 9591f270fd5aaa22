// SPDX-License-Identifier: GPL-2.0-or-later
#include "cbench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef SOL_UDP
#define SOL_UDP 17
#endif
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

enum {
    SEGMENTS_MAX = 64,         // UDP_MAX_SEGMENTS until Linux 6.9
    SEND_BYTES_MAX = 65000,    // of one GSO send, below 65,535 less headers
    SENDS_PER_PASS = 4,        // between two looks at the sink
    RECEIVES = 16,             // super-datagrams taken with one call
    RECEIVES_PER_PASS = 4,     // calls, so that a flooded sink does not stop the load
    BUFFER = 65536,
    QUIET = 200 * 1000 * 1000,  // ns without arrival after which a drain ends when every datagram has come
    SILENCE = 1000 * 1000 * 1000,  // the same when some have not: they are lost, not late
    // ns without arrival after which what is under way is given up. Far above any scheduling pause: given up
    // too early it comes on top of the next window.
    STALL = 100 * 1000 * 1000,
};

// type u32 | receiver u32 | counter u64 | sent at u64 | counter again u64 | filler | tag 16 bytes
enum { AT_RECEIVER = 4, AT_COUNTER = 8, AT_TIME = 16, AT_CHECK = 24 };

// One thread measures at a time, and the buffers are too large for a stack.
static unsigned char outgoing[SENDS_PER_PASS][SEGMENTS_MAX * CBENCH_SIZE_MAX];
static unsigned char incoming[RECEIVES][BUFFER];

int64_t cbench_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static struct sockaddr_in loopback(uint16_t port) {
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

int cbench_open_end(struct cbench_end *end, uint16_t port) {
    *end = (struct cbench_end){.descriptor = -1, .next = 1};
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return -errno;
    int one = 1, bytes = 16 << 20;
    if (setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) < 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    if (setsockopt(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) < 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    struct sockaddr_in address = loopback(port);
    if (setsockopt(descriptor, SOL_UDP, UDP_GRO, &one, sizeof one) < 0 ||
        bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0) {
        int failure = errno;
        close(descriptor);
        return -failure;
    }
    end->descriptor = descriptor;
    return 0;
}

int cbench_connect(const struct cbench_end *end, uint16_t port) {
    struct sockaddr_in address = loopback(port);
    return connect(end->descriptor, (struct sockaddr *)&address, sizeof address) < 0 ? -errno : 0;
}

// Points a message where the end sends to; `name` must live as long as the message.
static void address_message(const struct cbench_end *end, struct msghdr *message, struct sockaddr_in *name) {
    if (!end->follows) return;
    *name = loopback(end->peer_port);
    message->msg_name = name;
    message->msg_namelen = sizeof *name;
}

// Notes where a datagram came from. Returns whether a following end had heard from elsewhere before.
static bool hear(struct cbench_end *end, const struct sockaddr_in *from) {
    uint16_t port = ntohs(from->sin_port);
    if (!end->follows || port == end->peer_port) return false;
    bool moved = end->peer_port != 0;
    end->peer_port = port;
    if (moved) end->moves++;
    return moved;
}

static int send_bytes(struct cbench_end *end, void *bytes, size_t length) {
    struct sockaddr_in name;
    struct iovec piece = {bytes, length};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    if (end->follows && end->peer_port == 0) return -EDESTADDRREQ;
    address_message(end, &message, &name);
    end->sent_bytes += length;
    return sendmsg(end->descriptor, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int cbench_send_initiation(struct cbench_end *end, uint32_t sender) {
    unsigned char bytes[CBENCH_HANDSHAKE_SIZE] = {1};
    memcpy(bytes + 4, &sender, 4);
    // Fresh bytes each time, as an ephemeral key is.
    int64_t now = cbench_now();
    memcpy(bytes + 8, &now, 8);
    return send_bytes(end, bytes, sizeof bytes);
}

int cbench_send_response(struct cbench_end *end, uint32_t sender, uint32_t receiver) {
    unsigned char bytes[CBENCH_RESPONSE_SIZE] = {2};
    memcpy(bytes + 4, &sender, 4);
    memcpy(bytes + 8, &receiver, 4);
    int64_t now = cbench_now();
    memcpy(bytes + 12, &now, 8);
    return send_bytes(end, bytes, sizeof bytes);
}

// WireGuard's header in front and a tag behind, as unlike its neighbours' as WireGuard's is: splitmix64's
// finaliser.
static void write_envelope(unsigned char *at, uint32_t receiver, uint64_t counter, uint32_t size) {
    uint32_t type = 4;
    memcpy(at, &type, 4);
    memcpy(at + AT_RECEIVER, &receiver, 4);
    memcpy(at + AT_COUNTER, &counter, 8);
    uint64_t tag = counter + 0x9e3779b97f4a7c15u;
    tag = (tag ^ (tag >> 30)) * 0xbf58476d1ce4e5b9u;
    tag = (tag ^ (tag >> 27)) * 0x94d049bb133111ebu;
    tag ^= tag >> 31;
    memcpy(at + size - 16, &tag, 8);
    memcpy(at + size - 8, &counter, 8);
}

int cbench_send_data(struct cbench_end *end, uint32_t size) {
    unsigned char bytes[CBENCH_SIZE_MAX] = {0};
    if (end->next >= CBENCH_LOAD_FIRST) return -ERANGE;
    write_envelope(bytes, end->receiver, end->next++, size);
    return send_bytes(end, bytes, size);
}

bool cbench_take(struct cbench_end *end, int wanted) {
    bool found = false;
    for (;;) {
        struct sockaddr_in from;
        socklen_t length = sizeof from;
        ssize_t count = recvfrom(end->descriptor, incoming[0], BUFFER, 0, (struct sockaddr *)&from, &length);
        if (count < 0 && errno != ECONNREFUSED) return found;
        if (count < 4) continue;
        hear(end, &from);
        if (incoming[0][0] == wanted) found = true;
    }
}

void cbench_flow_begin(struct cbench_flow *flow) {
    memset(flow->seen, 0, flow->seen_bits / 8);
    flow->first = flow->next;
    flow->total_unique = 0;
    cbench_flow_mark(flow);
}

void cbench_flow_mark(struct cbench_flow *flow) {
    flow->marked = flow->next;
    flow->refused = flow->sends = flow->unique = flow->duplicates = flow->stale = flow->strange = 0;
    flow->received_messages = flow->delay_count = flow->behind_nanoseconds_max = 0;
}

// MARK: Sending

static void write_datagram(unsigned char *at, const struct cbench_flow *flow, uint64_t counter, int64_t now) {
    write_envelope(at, flow->source->receiver, counter, flow->size);
    memcpy(at + AT_TIME, &now, 8);
    memcpy(at + AT_CHECK, &counter, 8);
}

// Sends `wanted` datagrams, at most SENDS_PER_PASS messages of one GSO run each.
static void send_datagrams(struct cbench_flow *flow, uint64_t wanted, int64_t now) {
    struct mmsghdr messages[SENDS_PER_PASS];
    struct iovec pieces[SENDS_PER_PASS];
    struct sockaddr_in names[SENDS_PER_PASS];
    union {
        struct cmsghdr header;
        unsigned char room[CMSG_SPACE(sizeof(uint16_t))];
    } control[SENDS_PER_PASS];
    uint64_t per_message = SEND_BYTES_MAX / flow->size;
    if (per_message > SEGMENTS_MAX) per_message = SEGMENTS_MAX;
    uint64_t counts[SENDS_PER_PASS], counter = flow->next;
    unsigned count = 0;
    memset(messages, 0, sizeof messages);
    while (wanted > 0 && count < SENDS_PER_PASS) {
        uint64_t segments = wanted < per_message ? wanted : per_message;
        for (uint64_t i = 0; i < segments; i++)
            write_datagram(outgoing[count] + i * flow->size, flow, counter + i, now);
        counter += segments;
        wanted -= segments;
        pieces[count] = (struct iovec){outgoing[count], segments * flow->size};
        messages[count].msg_hdr.msg_iov = &pieces[count];
        messages[count].msg_hdr.msg_iovlen = 1;
        address_message(flow->source, &messages[count].msg_hdr, &names[count]);
        if (segments > 1) {
            struct cmsghdr *c = &control[count].header;
            uint16_t size = (uint16_t)flow->size;
            c->cmsg_level = SOL_UDP;
            c->cmsg_type = UDP_SEGMENT;
            c->cmsg_len = CMSG_LEN(sizeof size);
            memcpy(CMSG_DATA(c), &size, sizeof size);
            messages[count].msg_hdr.msg_control = c;
            messages[count].msg_hdr.msg_controllen = sizeof control[count];
        }
        counts[count++] = segments;
    }
    // A refused message is not tried again: its counters are used up, as WireGuard's are.
    unsigned sent = 0;
    while (sent < count) {
        int result = sendmmsg(flow->source->descriptor, messages + sent, count - sent, MSG_NOSIGNAL);
        unsigned taken = result > 0 ? (unsigned)result : 0;
        flow->sends += taken;
        sent += taken;
        if (result <= 0 && errno != EINTR) flow->refused += counts[sent++];
    }
    flow->next = counter;
}

// How many datagrams are due.
static uint64_t due(struct cbench_flow *flow, int64_t start, int64_t now) {
    if (flow->rate > 0) {
        uint64_t target = (uint64_t)((double)(now - start) * 1e-9 * (double)flow->rate) + 1;
        uint64_t sent = flow->next - flow->run_first;
        if (sent >= target) return 0;
        uint64_t late = (target - sent - 1) * 1000000000 / flow->rate;
        if (late > flow->behind_nanoseconds_max) flow->behind_nanoseconds_max = late;
        return target - sent;
    }
    if (flow->window == 0) return UINT32_MAX;
    if (now - flow->progress_at > STALL) {
        // Whatever is still under way is lost; without this one lost window would end the load.
        flow->acknowledged = flow->next;
        flow->progress_at = now;
    }
    uint64_t under_way = flow->next - flow->acknowledged;
    if (under_way >= flow->window) return 0;
    uint64_t room = flow->window - under_way;
    // Full sends only: a window that is handed out singly would make the load the slowest part.
    uint64_t full = SEND_BYTES_MAX / flow->size;
    if (full > SEGMENTS_MAX) full = SEGMENTS_MAX;
    if (full > flow->window) full = flow->window;
    return room < full ? 0 : room;
}

// MARK: Receiving

static void take_datagram(struct cbench_flow *flow, const unsigned char *at, size_t length, int64_t now) {
    uint32_t receiver;
    uint64_t counter, check, end;
    int64_t sent_at;
    if (length >= CBENCH_KEEP_ALIVE_SIZE && at[0] == 4) {
        // Belongs to no load.
        memcpy(&receiver, at + AT_RECEIVER, 4);
        memcpy(&counter, at + AT_COUNTER, 8);
        if (receiver == flow->source->receiver && counter < CBENCH_LOAD_FIRST) return;
    }
    if (length != flow->size || at[0] != 4) {
        // A handshake that came late is nobody's fault.
        if (length != CBENCH_HANDSHAKE_SIZE && length != CBENCH_RESPONSE_SIZE) flow->strange++;
        return;
    }
    memcpy(&receiver, at + AT_RECEIVER, 4);
    memcpy(&counter, at + AT_COUNTER, 8);
    memcpy(&sent_at, at + AT_TIME, 8);
    memcpy(&check, at + AT_CHECK, 8);
    memcpy(&end, at + length - 8, 8);
    if (receiver != flow->source->receiver || check != counter || end != counter || counter >= flow->next) {
        flow->strange++;
        return;
    }
    if (counter >= flow->acknowledged) flow->acknowledged = counter + 1;
    if (counter < flow->first) {
        flow->stale++;
        return;
    }
    uint64_t index = counter - flow->first;
    if (index >= flow->seen_bits) {
        flow->strange++;
        return;
    }
    uint64_t bit = (uint64_t)1 << (index & 63);
    if (flow->seen[index >> 6] & bit) {
        flow->duplicates++;
        return;
    }
    flow->seen[index >> 6] |= bit;
    flow->unique++;
    flow->total_unique++;
    if (flow->delay_count < flow->delays_capacity) {
        int64_t delay = now - sent_at;
        flow->delays[flow->delay_count++] = delay > UINT32_MAX ? UINT32_MAX : (uint32_t)delay;
    }
}

static size_t segment_size(struct msghdr *message, size_t length) {
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
            int size;
            memcpy(&size, CMSG_DATA(c), sizeof size);
            return size > 0 ? (size_t)size : length;
        }
    }
    return length;
}

// Takes what waits at the sink, at most RECEIVES_PER_PASS calls. Returns whether anything did.
static bool receive(struct cbench_flow *flow) {
    bool any = false;
    for (int pass = 0; pass < RECEIVES_PER_PASS; pass++) {
        struct mmsghdr messages[RECEIVES];
        struct iovec pieces[RECEIVES];
        struct sockaddr_in names[RECEIVES];
        union {
            struct cmsghdr header;
            unsigned char room[CMSG_SPACE(sizeof(int))];
        } control[RECEIVES];
        memset(messages, 0, sizeof messages);
        for (int i = 0; i < RECEIVES; i++) {
            pieces[i] = (struct iovec){incoming[i], BUFFER};
            messages[i].msg_hdr.msg_iov = &pieces[i];
            messages[i].msg_hdr.msg_iovlen = 1;
            messages[i].msg_hdr.msg_control = &control[i];
            messages[i].msg_hdr.msg_controllen = sizeof control[i];
            if (!flow->sink->follows) continue;
            messages[i].msg_hdr.msg_name = &names[i];
            messages[i].msg_hdr.msg_namelen = sizeof names[i];
        }
        int count = recvmmsg(flow->sink->descriptor, messages, RECEIVES, MSG_DONTWAIT, NULL);
        if (count <= 0) return any;
        any = true;
        int64_t now = cbench_now();
        flow->progress_at = now;
        flow->received_messages += (uint64_t)count;
        for (int i = 0; i < count; i++) {
            // A socket it has not heard from may be a session that waits for an answer.
            if (flow->sink->follows && hear(flow->sink, &names[i]))
                cbench_send_data(flow->sink, CBENCH_KEEP_ALIVE_SIZE);
            size_t length = messages[i].msg_len, size = segment_size(&messages[i].msg_hdr, length);
            for (size_t at = 0; at < length; at += size)
                take_datagram(flow, incoming[i] + at, length - at < size ? length - at : size, now);
        }
        if (count < RECEIVES) return any;
    }
    return any;
}

// MARK: The loop

static bool is_complete(const struct cbench_flow *flows, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (flows[i].total_unique < flows[i].next - flows[i].first) return false;
    return true;
}

void cbench_run(struct cbench_flow *flows, size_t count, int64_t nanoseconds, bool sends, bool sleeps) {
    int64_t start = cbench_now(), end = start + nanoseconds, arrived_at = start;
    // A flow's clock runs from here.
    for (size_t i = 0; i < count; i++) {
        flows[i].progress_at = start;
        flows[i].run_first = flows[i].next;
    }
    for (;;) {
        int64_t now = cbench_now();
        if (now >= end) return;
        if (!sends && now - arrived_at > (is_complete(flows, count) ? QUIET : SILENCE)) return;
        bool busy = false;
        for (size_t i = 0; i < count; i++) {
            if (receive(&flows[i])) {
                busy = true;
                arrived_at = now;
            }
            if (!sends) continue;
            uint64_t wanted = due(&flows[i], start, now);
            if (wanted == 0) continue;
            busy = true;
            send_datagrams(&flows[i], wanted, cbench_now());
        }
        if (busy || !sleeps) continue;
        struct pollfd waiting[8];
        size_t watched = count < 8 ? count : 8;
        for (size_t i = 0; i < watched; i++) waiting[i] = (struct pollfd){flows[i].sink->descriptor, POLLIN, 0};
        struct timespec limit = {0, 200 * 1000};
        ppoll(waiting, watched, &limit, NULL);
    }
}
