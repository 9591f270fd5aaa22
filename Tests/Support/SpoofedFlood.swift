// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Sockets

/// Datagrams from source addresses that nobody has: 10.64.0.0 and up, one datagram each.
public enum SpoofedFlood {
    /// Sends one datagram from each of `count` sources to `target`, evenly over `seconds`. Blocks.
    ///
    /// - Parameters:
    ///   - size: bytes of payload, all 0.
    ///   - hostility: what to send instead, whatever its size.
    ///   - pause: called after each hundred, to keep the flood at what its target reads.
    /// Returns how many the kernel took.
    public static func run(
        in namespace: Namespace, to target: (address: String, port: Int), count: Int, size: Int = 0,
        hostility: Hostility? = nil, seconds: Double, pause: (() throws -> Void)? = nil
    ) throws -> Int {
        guard let destination = IPAddress(target.address), destination.family == .v4 else {
            throw LaboratoryFailure("\(target.address) is no IPv4 address")
        }
        let descriptor = try namespace.inside {
            socket(AF_INET, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), Int32(IPPROTO_RAW))
        }
        guard descriptor >= 0 else { throw LaboratoryFailure("no raw socket: \(Errno.current)") }
        defer { close(descriptor) }
        let kernelTarget = SocketAddress(destination, port: 0)
        let start = Monotonic.nanoseconds
        // IPv4 header without options, the kernel fills in length, identification and checksum; then UDP without
        // a checksum, which IPv4 allows.
        var packet = [UInt8](repeating: 0, count: 28 + max(size, HostileDatagrams.sizeMax))
        packet[0] = 0x45
        packet[8] = 64
        packet[9] = UInt8(IPPROTO_UDP)
        packet.replaceSubrange(16..<20, with: destination.bytes)
        packet.replaceSubrange(22..<24, with: [UInt8(target.port >> 8), UInt8(target.port & 0xff)])
        var hostile = hostility.map { HostileDatagrams($0, seed: 1) }
        var taken = 0
        for index in 0..<count {
            let source = 0x0a40_0000 + UInt32(index)
            for byte in 0..<4 { packet[12 + byte] = UInt8(truncatingIfNeeded: source >> (24 - 8 * UInt32(byte))) }
            let port = 1_024 + index % 60_000
            packet.replaceSubrange(20..<22, with: [UInt8(port >> 8), UInt8(port & 0xff)])
            let payload =
                packet.withUnsafeMutableBytes {
                    hostile?.next(into: UnsafeMutableRawBufferPointer(rebasing: $0[28...]))
                } ?? size
            packet.replaceSubrange(24..<26, with: [UInt8((8 + payload) >> 8), UInt8((8 + payload) & 0xff)])
            let sent = packet.withUnsafeBytes { bytes in
                kernelTarget.withArgument { sendto(descriptor, bytes.baseAddress, 28 + payload, 0, $0, $1) }
            }
            if sent == 28 + payload { taken += 1 }
            if index % 100 == 99 {
                try pause?()
                Monotonic.sleep(until: start + Int64(seconds * 1e9 * Double(index + 1) / Double(count)))
            }
        }
        return taken
    }
}
