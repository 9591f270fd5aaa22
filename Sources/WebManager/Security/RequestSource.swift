// SPDX-License-Identifier: GPL-2.0-or-later

internal import NIOCore
internal import Sockets

/// Who a peer counts as: its IPv4 address, or the /64 that one IPv6 customer has at least.
func sourceKey(_ address: NIOCore.SocketAddress?) -> String {
    guard let text = address?.ipAddress, let ip = IPAddress(text), ip.family == .v6 else {
        return address?.ipAddress ?? ""
    }
    let bytes = ip.bytes
    // A dual-stack socket names its IPv4 peers ::ffff:192.0.2.1.
    if bytes.prefix(10).allSatisfy({ $0 == 0 }) { return text }
    return bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: ":")
}
