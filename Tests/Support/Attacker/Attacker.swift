// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Sockets

/// A stranger with a link of its own to a laboratory's server, many source ports, and bad intentions.
///
///      attacker's namespace      10.66.0.0/24       server namespace
///          a1 10.66.0.1 ═══════════════════════ as1 10.66.0.2, 10.99.0.1 on lo
///
/// It counts, a source port apart, the bytes of UDP payload it sends and is sent.
public final class Attacker {
    public static let address = "10.66.0.1"

    public let namespace: Namespace
    private let sockets: [Int32]
    /// Bytes of payload by source port, in the order of ``sockets``.
    public private(set) var sentBytes: [Int]
    public private(set) var receivedBytes: [Int]
    private var seed: UInt64

    /// - Parameters:
    ///   - ports: how many source ports it uses.
    ///   - seed: what it sends follows from it.
    public init(in laboratory: Laboratory, ports: Int = 16, seed: UInt64 = 1) throws {
        let namespace = try Namespace("attacker")
        self.namespace = namespace
        self.seed = seed
        try run([
            "ip", "link", "add", "a1", "netns", namespace.name, "type", "veth", "peer", "name", "as1", "netns",
            laboratory.server.name,
        ])
        try run(
            ["ip", "-batch", "-"], in: laboratory.server,
            input: "address add 10.66.0.2/24 dev as1\nlink set as1 up\n")
        try run(
            ["ip", "-batch", "-"], in: namespace,
            input: """
                address add \(Self.address)/24 dev a1
                link set a1 up
                route add \(Laboratory.serverV4)/32 via 10.66.0.2

                """)
        let target = SocketAddress(IPAddress(Laboratory.serverV4)!, port: UInt16(Laboratory.serverPort))
        sockets = try namespace.inside {
            try (0..<ports).map { _ in
                let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
                guard descriptor >= 0, target.withArgument({ connect(descriptor, $0, $1) }) == 0 else {
                    throw LaboratoryFailure("the attacker has no socket: \(Errno.current)")
                }
                var size: Int32 = 8 << 20
                setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &size, 4)
                setsockopt(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &size, 4)
                return descriptor
            }
        }
        sentBytes = Array(repeating: 0, count: ports)
        receivedBytes = Array(repeating: 0, count: ports)
    }

    deinit {
        sockets.forEach { close($0) }
        namespace.delete()
    }

    /// What was sent to a source port beyond what that port had sent; the worst of all ports.
    public var worstExcessBytes: Int { zip(receivedBytes, sentBytes).map(-).max() ?? 0 }

    /// Sends `count` datagrams as fast as the kernel takes them, or evenly at `perSecond`, the ports taking turns.
    /// Ends early after `secondsMax`. Blocks.
    ///
    /// - Parameter pause: called after each 256 or so, to keep the flood at what its target reads.
    public func flood(
        _ hostility: Hostility, count: Int, perSecond: Int? = nil, secondsMax: Double = 600,
        pause: (() throws -> Void)? = nil
    ) throws -> FloodReport {
        seed &+= 1
        var datagrams = HostileDatagrams(hostility, seed: seed)
        let batch = 64
        let room = UnsafeMutableRawBufferPointer.allocate(
            byteCount: batch * HostileDatagrams.sizeMax, alignment: 16)
        let vectors = UnsafeMutablePointer<iovec>.allocate(capacity: batch)
        let messages = UnsafeMutablePointer<mmsghdr>.allocate(capacity: batch)
        defer {
            room.deallocate()
            vectors.deallocate()
            messages.deallocate()
        }
        for index in 0..<batch {
            vectors[index] = iovec(iov_base: room.baseAddress! + index * HostileDatagrams.sizeMax, iov_len: 0)
            var message = mmsghdr()
            message.msg_hdr.msg_iov = vectors + index
            message.msg_hdr.msg_iovlen = 1
            messages[index] = message
        }
        let start = Monotonic.nanoseconds
        let deadline = start + Int64(secondsMax * 1e9)
        var sent = 0
        var turn = 0
        while sent < count, Monotonic.nanoseconds < deadline {
            let wanted = min(batch, count - sent)
            for index in 0..<wanted {
                let slot = UnsafeMutableRawBufferPointer(
                    start: vectors[index].iov_base, count: HostileDatagrams.sizeMax)
                vectors[index].iov_len = datagrams.next(into: slot)
            }
            let port = turn % sockets.count
            turn += 1
            let taken = Int(sendmmsg(sockets[port], messages, UInt32(wanted), 0))
            // An ICMP message about an earlier datagram; nothing of this batch has gone.
            guard taken > 0 else { continue }
            for index in 0..<taken { sentBytes[port] += vectors[index].iov_len }
            sent += taken
            drain(port)
            if let pause, turn % 4 == 0 { try pause() }
            if let perSecond {
                Monotonic.sleep(until: start + Int64(1e9 * Double(sent) / Double(perSecond)))
            }
        }
        let seconds = Double(Monotonic.nanoseconds - start) / 1e9
        return FloodReport(name: "\(hostility)", sent: sent, seconds: seconds)
    }

    /// Sends one datagram from the source port with this place among them.
    public func send(_ bytes: [UInt8], port: Int = 0) {
        let count = bytes.withUnsafeBytes { Glibc.send(sockets[port], $0.baseAddress, $0.count, 0) }
        if count > 0 { sentBytes[port] += count }
    }

    /// Counts what comes in for so long, or until the bytes by source port are enough.
    public func listen(seconds: Double, until isEnough: ([Int]) -> Bool = { _ in false }) {
        let deadline = Monotonic.deadline(seconds: seconds)
        while Monotonic.nanoseconds < deadline, !isEnough(receivedBytes) {
            for port in sockets.indices { drain(port) }
            Monotonic.sleep(seconds: 0.005)
        }
    }

    private func drain(_ port: Int) {
        var byte: UInt8 = 0
        // MSG_TRUNC: the whole length, however little of it is read.
        let flags = Int32(MSG_DONTWAIT) | Int32(MSG_TRUNC)
        while true {
            let count = recv(sockets[port], &byte, 1, flags)
            if count < 0 { return }
            receivedBytes[port] += count
        }
    }
}
