// SPDX-License-Identifier: GPL-2.0-or-later

import Sockets

/// An address and port from text, for sending to.
struct IPv4Target {
    let address: SocketAddress

    init?(_ ip: String, _ port: Int) {
        guard let ip = IPAddress(ip) else { return nil }
        address = SocketAddress(ip, port: UInt16(port))
    }
}
