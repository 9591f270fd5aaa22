// SPDX-License-Identifier: GPL-2.0-or-later

extension Namespace {
    /// All UDP sockets here, of both families.
    public func udpSockets() throws -> [UDPSocketState] {
        let text = try inside { readText("/proc/thread-self/net/udp") + readText("/proc/thread-self/net/udp6") }
        return text.split(separator: "\n").compactMap { line in
            // sl  local_address remote_address st tx_queue:rx_queue … drops; numbers hexadecimal but for the last.
            let fields = line.split(separator: " ")
            guard fields.count >= 13, let drops = Int(fields[fields.count - 1]) else { return nil }
            let queues = fields[4].split(separator: ":").compactMap { Int($0, radix: 16) }
            func port(_ address: Substring) -> Int? { address.split(separator: ":").last.flatMap { Int($0, radix: 16) } }
            guard queues.count == 2, let local = port(fields[1]), let remote = port(fields[2]) else { return nil }
            return UDPSocketState(
                port: local, remotePort: remote, sendQueue: queues[0], receiveQueue: queues[1], drops: drops)
        }
    }

    /// Whether a UDP socket of either family is bound to `port` here.
    public func hasUDPSocket(port: Int) throws -> Bool { try udpSockets().contains { $0.port == port } }
}
