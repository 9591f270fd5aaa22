// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Netlink
internal import CShims.Route
internal import Glibc
internal import Sockets

/// An open NETLINK_ROUTE socket with a buffer for the events of one read. Must be used by one thread at a time.
final class NetlinkSocket {
    /// The default receive buffer size, for bursts of notifications. The memory is only used while needed.
    static let receiveBufferBytesDefault: Int32 = 4 << 20

    private let netlink: OpaquePointer
    private let events: UnsafeMutableBufferPointer<engarde_link_event>

    init(notifications: Bool, receiveBufferBytes: Int32 = receiveBufferBytesDefault) throws(Errno) {
        var netlink: OpaquePointer?
        try checked(engarde_netlink_open(&netlink, notifications, receiveBufferBytes))
        self.netlink = netlink!
        events = .allocate(capacity: 64)
    }

    deinit {
        engarde_netlink_close(netlink)
        events.deallocate()
    }

    var descriptor: Int32 { engarde_netlink_descriptor(netlink) }

    func watchRoutes(_ on: Bool) throws(Errno) { try checked(engarde_netlink_watch_routes(netlink, on)) }

    func send(_ request: NetlinkMirror.Request) throws(Errno) {
        switch request {
        case .links(let sequence): try checked(engarde_netlink_request_links(netlink, sequence))
        case .addresses(let sequence): try checked(engarde_netlink_request_addresses(netlink, sequence))
        }
    }

    /// Looks up a route and waits for the answer. Returns 0 or `-errno`. Must not be used on a socket with
    /// notifications or dumps.
    func ask(_ query: inout engarde_route_query, _ route: inout engarde_route) -> Int32 {
        engarde_route_ask(netlink, &query, &route)
    }

    /// Passes some of the queued events to `body`. Returns false when there are none.
    func read(_ body: (LinkEvent) -> Void) throws(Errno) -> Bool {
        let count = engarde_netlink_read(netlink, events.baseAddress, Int32(events.count))
        if count == -EAGAIN { return false }
        for event in events.prefix(Int(try checked(count))) {
            if let event = LinkEvent(event) { body(event) }
        }
        return true
    }
}
