// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

// The kernel fills dump datagrams of up to 32 KiB when the reader's buffer has the room (netlink_dump(),
// net/netlink/af_netlink.c); twice that also holds the notification of a card with many virtual functions.
enum { DATAGRAM_BYTES_MAX = 65536 };

struct engarde_netlink {
    struct mnl_socket *socket;
    size_t length;  // of the datagram in `datagram`
    size_t offset;  // how much of it has been handed out
    _Alignas(struct nlmsghdr) unsigned char datagram[DATAGRAM_BYTES_MAX];
};

static int set_option(const struct engarde_netlink *netlink, int option, unsigned value) {
    return mnl_socket_setsockopt(netlink->socket, option, &value, sizeof value) < 0 ? -errno : 0;
}

int engarde_netlink_open(struct engarde_netlink **out, bool notifications, int receive_buffer) {
    struct engarde_netlink *netlink = calloc(1, sizeof *netlink);
    if (netlink == NULL) return -ENOMEM;
    netlink->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (netlink->socket == NULL) {
        int error = errno;
        free(netlink);
        return -error;
    }
    int descriptor = mnl_socket_get_fd(netlink->socket);
    // Needs CAP_NET_ADMIN; the plain option is cut at net.core.rmem_max, which is better than nothing.
    if (setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer) < 0) {
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    unsigned groups = notifications ? RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR : 0;
    if (mnl_socket_bind(netlink->socket, groups, MNL_SOCKET_AUTOPID) < 0) {
        int error = errno;
        engarde_netlink_close(netlink);
        return -error;
    }
    *out = netlink;
    return 0;
}

void engarde_netlink_close(struct engarde_netlink *netlink) {
    mnl_socket_close(netlink->socket);
    free(netlink);
}

int engarde_netlink_descriptor(const struct engarde_netlink *netlink) {
    return mnl_socket_get_fd(netlink->socket);
}

int engarde_netlink_watch_routes(struct engarde_netlink *netlink, bool on) {
    int option = on ? NETLINK_ADD_MEMBERSHIP : NETLINK_DROP_MEMBERSHIP;
    static const unsigned groups[] = {
        RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE};
    int result = 0;
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        int one = set_option(netlink, option, groups[i]);
        if (result == 0) result = one;
    }
    return result;
}

static int send_request(const struct engarde_netlink *netlink, const struct nlmsghdr *request) {
    return mnl_socket_sendto(netlink->socket, request, request->nlmsg_len) < 0 ? -errno : 0;
}

// ip link show
int engarde_netlink_request_links(struct engarde_netlink *netlink, uint32_t sequence) {
    _Alignas(struct nlmsghdr) unsigned char buffer[128];
    struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
    request->nlmsg_type = RTM_GETLINK;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request->nlmsg_seq = sequence;
    struct ifinfomsg *body = mnl_nlmsg_put_extra_header(request, sizeof *body);
    body->ifi_family = AF_UNSPEC;
    mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    return send_request(netlink, request);
}

// ip address show
int engarde_netlink_request_addresses(struct engarde_netlink *netlink, uint32_t sequence) {
    _Alignas(struct nlmsghdr) unsigned char buffer[128];
    struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
    request->nlmsg_type = RTM_GETADDR;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request->nlmsg_seq = sequence;
    struct ifaddrmsg *body = mnl_nlmsg_put_extra_header(request, sizeof *body);
    body->ifa_family = AF_UNSPEC;
    return send_request(netlink, request);
}

int engarde_netlink_read(struct engarde_netlink *netlink, struct engarde_link_event *events, int capacity) {
    if (netlink->offset == netlink->length) {
        struct sockaddr_nl from = {0};
        struct iovec vector = {netlink->datagram, sizeof netlink->datagram};
        struct msghdr message = {
            .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &vector, .msg_iovlen = 1};
        ssize_t length = recvmsg(mnl_socket_get_fd(netlink->socket), &message, MSG_DONTWAIT);
        netlink->offset = netlink->length = 0;
        if (length < 0) {
            if (errno == EINTR) return 0;
            // ENOMEM: the kernel could not build the next part of a dump. Like ENOBUFS, something is missing.
            if (errno != ENOBUFS && errno != ENOMEM) return -errno;
            events[0] = (struct engarde_link_event){.kind = ENGARDE_OVERRUN};
            return 1;
        }
        if (from.nl_pid != 0) return 0;  // a process wrote this, not the kernel
        if (message.msg_flags & MSG_TRUNC) {
            events[0] = (struct engarde_link_event){.kind = ENGARDE_OVERRUN};
            return 1;
        }
        netlink->length = (size_t)length;
    }
    size_t consumed = 0;
    int count = engarde_netlink_decode(
        netlink->datagram + netlink->offset, netlink->length - netlink->offset, &consumed, events, capacity);
    netlink->offset += consumed;
    return count;
}

// Attributes of one message, indexed by type; those beyond `max` are newer than this program.
struct attributes {
    const struct nlattr **of;
    int max;
};

static int collect(const struct nlattr *attribute, void *data) {
    struct attributes *attributes = data;
    int type = mnl_attr_get_type(attribute);
    if (type <= attributes->max) attributes->of[type] = attribute;
    return MNL_CB_OK;
}

static uint8_t u8_or(const struct nlattr *attribute, uint8_t otherwise) {
    return attribute == NULL || mnl_attr_get_payload_len(attribute) < 1 ? otherwise : mnl_attr_get_u8(attribute);
}

// IFF_RUNNING follows the operational state, which a deferred task sets up to a second late (net/core/link_watch.c);
// IFLA_CARRIER knows at once. But while a wireless link still authenticates it has a carrier and is dormant, and
// then IFF_RUNNING is right.
static bool has_carrier(
    unsigned flags, const struct nlattr *carrier, const struct nlattr *state, const struct nlattr *mode) {
    if ((flags & IFF_UP) == 0) return false;
    bool running = (flags & IFF_RUNNING) != 0;
    if (carrier == NULL) return running;
    if (u8_or(carrier, 0) == 0) return false;
    if (running) return true;
    uint8_t operational = u8_or(state, IF_OPER_UNKNOWN);
    bool awaits_task =
        operational == IF_OPER_UNKNOWN || operational == IF_OPER_DOWN || operational == IF_OPER_UP;
    return awaits_task && u8_or(mode, IF_LINK_MODE_DEFAULT) == IF_LINK_MODE_DEFAULT;
}

static uint32_t u32_or(const struct nlattr *attribute, uint32_t otherwise) {
    if (attribute == NULL || mnl_attr_get_payload_len(attribute) < sizeof(uint32_t)) return otherwise;
    return mnl_attr_get_u32(attribute);
}

// Copies text that may lack its terminator; `out` stays terminated because it was zeroed and one byte is
// left.
static void copy_text(char *out, size_t size, const struct nlattr *attribute) {
    size_t length = strnlen(mnl_attr_get_payload(attribute), mnl_attr_get_payload_len(attribute));
    memcpy(out, mnl_attr_get_payload(attribute), length < size ? length : size - 1);
}

static bool decode_link(const struct nlmsghdr *message, struct engarde_link_event *event) {
    if (mnl_nlmsg_get_payload_len(message) < sizeof(struct ifinfomsg)) return false;
    const struct ifinfomsg *body = mnl_nlmsg_get_payload(message);
    // A bridge announces its ports with AF_BRIDGE, and a port that leaves as RTM_DELLINK: no interface is
    // gone then.
    if (body->ifi_family != AF_UNSPEC) return false;
    event->index = body->ifi_index;
    if (message->nlmsg_type == RTM_DELLINK) {
        event->kind = ENGARDE_LINK_REMOVED;
        return true;
    }
    const struct nlattr *of[IFLA_MAX + 1] = {0};
    mnl_attr_parse(message, sizeof *body, collect, &(struct attributes){of, IFLA_MAX});
    // Wireless extensions wrap their own events in RTM_NEWLINK with little else (net/wireless/wext-core.c,
    // rtnetlink_ifinfo_prep()); taken for the truth they would set the MTU to nothing.
    if (of[IFLA_IFNAME] == NULL || of[IFLA_MTU] == NULL || of[IFLA_WIRELESS] != NULL) return false;
    event->kind = ENGARDE_LINK_SET;
    event->flags = body->ifi_flags;
    event->mtu = u32_or(of[IFLA_MTU], 0);
    event->carrier = has_carrier(body->ifi_flags, of[IFLA_CARRIER], of[IFLA_OPERSTATE], of[IFLA_LINKMODE]);
    copy_text(event->name, sizeof event->name, of[IFLA_IFNAME]);
    if (of[IFLA_LINKINFO] != NULL) {
        const struct nlattr *info[IFLA_INFO_MAX + 1] = {0};
        mnl_attr_parse_nested(of[IFLA_LINKINFO], collect, &(struct attributes){info, IFLA_INFO_MAX});
        if (info[IFLA_INFO_KIND] != NULL) {
            copy_text(event->link_kind, sizeof event->link_kind, info[IFLA_INFO_KIND]);
        }
    }
    return true;
}

static bool decode_address(const struct nlmsghdr *message, struct engarde_link_event *event) {
    if (mnl_nlmsg_get_payload_len(message) < sizeof(struct ifaddrmsg)) return false;
    const struct ifaddrmsg *body = mnl_nlmsg_get_payload(message);
    if (body->ifa_family != AF_INET && body->ifa_family != AF_INET6) return false;
    const struct nlattr *of[IFA_MAX + 1] = {0};
    mnl_attr_parse(message, sizeof *body, collect, &(struct attributes){of, IFA_MAX});
    // IFA_ADDRESS is the far end where there is one, and the near end is then IFA_LOCAL (linux/if_addr.h).
    const struct nlattr *local = of[IFA_LOCAL] != NULL ? of[IFA_LOCAL] : of[IFA_ADDRESS];
    size_t size = body->ifa_family == AF_INET ? 4 : 16;
    if (local == NULL || mnl_attr_get_payload_len(local) != size) return false;
    event->kind = message->nlmsg_type == RTM_NEWADDR ? ENGARDE_ADDRESS_SET : ENGARDE_ADDRESS_REMOVED;
    event->index = (int32_t)body->ifa_index;
    event->family = body->ifa_family;
    event->prefix_length = body->ifa_prefixlen;
    event->address_flags = u32_or(of[IFA_FLAGS], body->ifa_flags);
    memcpy(event->address, mnl_attr_get_payload(local), size);
    const struct nlattr *far = of[IFA_ADDRESS];
    if (far != NULL && mnl_attr_get_payload_len(far) == size
        && memcmp(mnl_attr_get_payload(far), event->address, size) != 0) {
        memcpy(event->peer, mnl_attr_get_payload(far), size);
    }
    return true;
}

// NLMSG_ERROR and NLMSG_DONE both begin with a negative errno; old kernels end a dump without one.
static bool decode_end(const struct nlmsghdr *message, struct engarde_link_event *event) {
    int32_t error = 0;
    if (mnl_nlmsg_get_payload_len(message) >= sizeof error) {
        memcpy(&error, mnl_nlmsg_get_payload(message), sizeof error);
    }
    if (error < 0) {
        event->kind = ENGARDE_REQUEST_FAILED;
        event->error = -error;
        return true;
    }
    event->kind = ENGARDE_DUMP_DONE;
    return message->nlmsg_type == NLMSG_DONE;  // an NLMSG_ERROR of 0 only acknowledges
}

static bool decode_route(const struct nlmsghdr *message, struct engarde_link_event *event) {
    if (mnl_nlmsg_get_payload_len(message) < sizeof(struct rtmsg)) return false;
    const struct rtmsg *body = mnl_nlmsg_get_payload(message);
    event->kind = ENGARDE_ROUTE_CHANGED;
    return (body->rtm_flags & RTM_F_CLONED) == 0;  // a cache entry, not a route
}

static bool decode_message(const struct nlmsghdr *message, struct engarde_link_event *event) {
    switch (message->nlmsg_type) {
        case RTM_NEWLINK:
        case RTM_DELLINK: return decode_link(message, event);
        case RTM_NEWADDR:
        case RTM_DELADDR: return decode_address(message, event);
        case RTM_NEWROUTE:
        case RTM_DELROUTE: return decode_route(message, event);
        // A rule decides which table is asked.
        case RTM_NEWRULE:
        case RTM_DELRULE: event->kind = ENGARDE_ROUTE_CHANGED; return true;
        case NLMSG_ERROR:
        case NLMSG_DONE: return decode_end(message, event);
        case NLMSG_OVERRUN: event->kind = ENGARDE_OVERRUN; return true;
        default: return false;
    }
}

// mnl_nlmsg_ok() compares lengths as int (seen in libmnl 1.0.4) and lets one above 2 GiB pass.
static bool holds_message(const struct nlmsghdr *message, int left) {
    return mnl_nlmsg_ok(message, left) && message->nlmsg_len <= (unsigned)left;
}

int engarde_netlink_decode(
    const void *bytes, size_t length, size_t *consumed, struct engarde_link_event *events, int capacity) {
    const struct nlmsghdr *message = bytes;
    int left = (int)length;
    int count = 0;
    *consumed = 0;
    // A message gives at most two events: what it says, and that the dump it belongs to is not to be trusted.
    for (; holds_message(message, left) && count + 2 <= capacity; message = mnl_nlmsg_next(message, &left)) {
        struct engarde_link_event head = {
            .sequence = message->nlmsg_seq, .from_dump = (message->nlmsg_flags & NLM_F_MULTI) != 0};
        if (message->nlmsg_flags & NLM_F_DUMP_INTR) {
            events[count] = head;
            events[count++].kind = ENGARDE_DUMP_INTERRUPTED;
        }
        events[count] = head;
        if (decode_message(message, &events[count])) {
            bool repeats = events[count].kind == ENGARDE_ROUTE_CHANGED && count > 0
                && events[count - 1].kind == ENGARDE_ROUTE_CHANGED;
            if (!repeats) count++;
        }
    }
    // Trailing bytes that are no message are done with too; otherwise the caller would never come to the end.
    *consumed = holds_message(message, left) ? length - (size_t)left : length;
    return count;
}
