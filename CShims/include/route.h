// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netlink.h"

// Why these exist: the routing table decides over which device a datagram can leave, and RTM_GETROUTE is the only
// way to ask it without sending one. A socket bound to a device is no substitute for IPv4: where the table has no
// route over that device, the kernel takes the destination for a neighbour and reports no error.

enum engarde_route_question {
    // ip route get fibmatch DESTINATION oif DEVICE [from SOURCE]
    // The route itself. Fails where the table has none over the device.
    ENGARDE_ROUTE_MATCH = 1,
    // ip route get DESTINATION oif DEVICE
    // The source address that the kernel chooses.
    ENGARDE_ROUTE_SOURCE,
    // ip route get SOURCE from DESTINATION iif DEVICE
    // Whether a datagram from the destination, to the source, is accepted when it arrives on the device. IPv4 only.
    ENGARDE_ROUTE_ANSWER,
};

struct engarde_route_query {
    uint8_t question;     // enum engarde_route_question
    uint8_t family;       // AF_INET or AF_INET6
    bool has_source;
    uint16_t port;        // of the destination, host order
    int32_t interface;    // the device's index
    uint8_t destination[16];  // network order
    uint8_t source[16];
};

struct engarde_route {
    int32_t interface;  // the device it leaves by; 0 for a route with several next hops
    bool has_gateway;
    bool has_source;
    uint8_t gateway_family;  // an IPv4 route may have an IPv6 gateway
    uint8_t gateway[16];
    uint8_t source[16];
};

// Asks the kernel and waits for its answer, which it gives before the request returns. `netlink` must not be used for
// anything else. Returns 0 and the route; the kernel's refusal as -errno (-ENETUNREACH, -EHOSTUNREACH: there is
// none); -ETIMEDOUT when no answer came.
int engarde_route_ask(
    struct engarde_netlink *netlink, const struct engarde_route_query *query, struct engarde_route *route);
