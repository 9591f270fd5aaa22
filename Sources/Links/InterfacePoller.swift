// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Netlink
internal import Sockets

/// Enumerates the interfaces without netlink. Must be used by one thread at a time.
final class InterfacePoller {
    private let poller: OpaquePointer
    private var table = InterfaceTable()

    init() throws(Errno) {
        var poller: OpaquePointer?
        try checked(engarde_poller_open(&poller))
        self.poller = poller!
    }

    deinit { engarde_poller_close(poller) }

    func enumerate() throws(Errno) -> InterfaceTable {
        var events: UnsafePointer<engarde_link_event>?
        let count = Int(try checked(engarde_poller_enumerate(poller, &events)))
        table.beginDump()
        for event in UnsafeBufferPointer(start: events, count: count) {
            if let event = LinkEvent(event) { table.apply(event.content, isFromDump: true) }
        }
        table.finishDump()
        return table
    }
}
