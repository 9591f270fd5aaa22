// SPDX-License-Identifier: GPL-2.0-or-later

/// One line of `/proc/net/udp`: what the kernel knows of a UDP socket.
public struct UDPSocketState: Sendable {
    public let port: Int
    public let remotePort: Int
    /// Bytes that wait to leave and to be read, with the kernel's overhead.
    public let sendQueue: Int
    public let receiveQueue: Int
    /// Datagrams thrown away because the receive queue was full: its owner was too busy.
    public let drops: Int
}
