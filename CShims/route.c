// SPDX-License-Identifier: GPL-2.0-or-later
#include "route.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>

// An answer is one message with some twenty attributes; a route with many next hops is cut, and then has none.
enum { ANSWER_BYTES_MAX = 8192, WAIT_MILLISECONDS_MAX = 1000, READS_MAX = 16 };

static void put_address(struct nlmsghdr *request, int type, uint8_t family, const uint8_t *address) {
    mnl_attr_put(request, (uint16_t)type, family == AF_INET ? 4 : 16, address);
}

static struct nlmsghdr *prepare(unsigned char *buffer, const struct engarde_route_query *query, uint32_t sequence) {
    struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
    request->nlmsg_type = RTM_GETROUTE;
    request->nlmsg_flags = NLM_F_REQUEST;
    request->nlmsg_seq = sequence;
    struct rtmsg *body = mnl_nlmsg_put_extra_header(request, sizeof *body);
    unsigned char bits = query->family == AF_INET ? 32 : 128;
    body->rtm_family = query->family;
    body->rtm_dst_len = bits;
    bool arrives = query->question == ENGARDE_ROUTE_ANSWER;
    put_address(request, RTA_DST, query->family, arrives ? query->source : query->destination);
    if (arrives || query->has_source) {
        body->rtm_src_len = bits;
        put_address(request, RTA_SRC, query->family, arrives ? query->destination : query->source);
    }
    mnl_attr_put_u32(request, arrives ? RTA_IIF : RTA_OIF, (uint32_t)query->interface);
    if (query->question == ENGARDE_ROUTE_MATCH) body->rtm_flags = RTM_F_FIB_MATCH;
    // Rules may look at protocol and port (ip rule … ipproto udp dport PORT), Linux 4.17.
    mnl_attr_put_u8(request, RTA_IP_PROTO, IPPROTO_UDP);
    if (query->port != 0) mnl_attr_put_u16(request, arrives ? RTA_SPORT : RTA_DPORT, htons(query->port));
    return request;
}

struct attributes {
    const struct nlattr *of[RTA_MAX + 1];
};

static int collect(const struct nlattr *attribute, void *data) {
    struct attributes *attributes = data;
    int type = mnl_attr_get_type(attribute);
    if (type <= RTA_MAX) attributes->of[type] = attribute;
    return MNL_CB_OK;
}

// Copies an address of either size; false when there is none.
static bool get_address(const struct nlattr *attribute, uint8_t *address) {
    if (attribute == NULL) return false;
    size_t size = mnl_attr_get_payload_len(attribute);
    if (size != 4 && size != 16) return false;
    memcpy(address, mnl_attr_get_payload(attribute), size);
    return true;
}

static void decode(const struct nlmsghdr *message, struct engarde_route *route) {
    const struct rtmsg *body = mnl_nlmsg_get_payload(message);
    struct attributes attributes = {{0}};
    mnl_attr_parse(message, sizeof *body, collect, &attributes);
    const struct nlattr *device = attributes.of[RTA_OIF];
    if (device != NULL && mnl_attr_get_payload_len(device) == sizeof(uint32_t)) {
        route->interface = (int32_t)mnl_attr_get_u32(device);
    }
    route->has_source = get_address(attributes.of[RTA_PREFSRC], route->source);
    route->gateway_family = body->rtm_family;
    route->has_gateway = get_address(attributes.of[RTA_GATEWAY], route->gateway);
    const struct nlattr *via = attributes.of[RTA_VIA];
    if (via != NULL && mnl_attr_get_payload_len(via) == sizeof(struct rtvia) + 16) {
        const struct rtvia *gateway = mnl_attr_get_payload(via);
        route->has_gateway = true;
        route->gateway_family = AF_INET6;
        memcpy(route->gateway, gateway->rtvia_addr, 16);
    }
}

// 1 when the answer was in the datagram, 0 when not, else -errno.
static int scan(const void *bytes, size_t length, uint32_t sequence, struct engarde_route *route) {
    int left = (int)length;
    for (const struct nlmsghdr *message = bytes; mnl_nlmsg_ok(message, left);
         message = mnl_nlmsg_next(message, &left)) {
        if (message->nlmsg_seq != sequence) continue;
        size_t size = mnl_nlmsg_get_payload_len(message);
        if (message->nlmsg_type == NLMSG_ERROR && size >= sizeof(struct nlmsgerr)) {
            const struct nlmsgerr *refusal = mnl_nlmsg_get_payload(message);
            return refusal->error < 0 ? refusal->error : -EPROTO;
        }
        if (message->nlmsg_type != RTM_NEWROUTE || size < sizeof(struct rtmsg)) continue;
        decode(message, route);
        return 1;
    }
    return 0;
}

int engarde_route_ask(
    struct engarde_netlink *netlink, const struct engarde_route_query *query, struct engarde_route *route) {
    // One asker a socket, so a number that differs from the last one is enough to tell a late answer.
    static _Atomic uint32_t sequences = 0;
    uint32_t sequence = ++sequences;
    _Alignas(struct nlmsghdr) unsigned char buffer[256] = {0};
    const struct nlmsghdr *request = prepare(buffer, query, sequence);
    int descriptor = engarde_netlink_descriptor(netlink);
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    if (sendto(descriptor, request, request->nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof kernel) < 0) {
        return -errno;
    }
    memset(route, 0, sizeof *route);
    for (int reads = 0; reads < READS_MAX; reads++) {
        _Alignas(struct nlmsghdr) unsigned char answer[ANSWER_BYTES_MAX];
        struct sockaddr_nl from = {0};
        socklen_t from_length = sizeof from;
        ssize_t length =
            recvfrom(descriptor, answer, sizeof answer, MSG_DONTWAIT, (struct sockaddr *)&from, &from_length);
        if (length < 0) {
            if (errno == EINTR || errno == ENOBUFS) continue;
            if (errno != EAGAIN) return -errno;
            struct pollfd ready = {.fd = descriptor, .events = POLLIN};
            if (poll(&ready, 1, WAIT_MILLISECONDS_MAX) == 0) return -ETIMEDOUT;
            continue;
        }
        if (from.nl_pid != 0) continue;  // a process wrote this, not the kernel
        int result = scan(answer, (size_t)length, sequence, route);
        if (result != 0) return result < 0 ? result : 0;
    }
    return -ETIMEDOUT;
}
