// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
public import Sockets

/// A UDP socket in a namespace that remembers everything it hears: a stand-in for WireGuard, for the far engarde,
/// or for a stranger.
public final class UDPEnd: Sendable {
    public struct Arrival: Sendable {
        /// When we read it, CLOCK_MONOTONIC.
        public let nanoseconds: Int64
        public let source: SocketAddress
        public let length: Int
        /// The load's number; nil when it is no intact ``LoadDatagram``.
        public let number: UInt64?
        public let sentNanoseconds: Int64
    }

    private struct State {
        var arrivals: [Arrival] = []
        var stopping = false
        var ended = false
    }

    public let local: SocketAddress
    private let descriptor: Int32
    private let state = Monitor(State())

    /// - Parameters:
    ///   - address: what to bind to; port 0 takes a free one.
    ///   - peer: connect to it, so that only its datagrams arrive and ``send(_:)`` knows where to.
    ///   - echo: send every datagram back to where it came from.
    public init(
        in namespace: Namespace, at address: String = "0.0.0.0", port: Int = 0,
        connectedTo peer: (address: String, port: Int)? = nil, echo: Bool = false
    ) throws {
        guard let ip = IPAddress(address) else { throw LaboratoryFailure("\(address) is no address") }
        let wanted = SocketAddress(ip, port: UInt16(port))
        let remote = try peer.map { peer in
            guard let ip = IPAddress(peer.address) else { throw LaboratoryFailure("\(peer.address) is no address") }
            return SocketAddress(ip, port: UInt16(peer.port))
        }
        descriptor = try namespace.inside {
            let descriptor = socket(
                wanted.kernelFamily, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            guard descriptor >= 0 else { throw LaboratoryFailure("no socket: \(Errno.current)") }
            // Room for a burst; FORCE goes beyond the machine's limit and needs the root we have.
            var size: Int32 = 8 << 20
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &size, 4)
            setsockopt(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &size, 4)
            // The receiving thread looks up this often whether it should end.
            var patience = timeval(tv_sec: 0, tv_usec: 100_000)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
            guard wanted.withArgument({ bind(descriptor, $0, $1) }) == 0 else {
                defer { close(descriptor) }
                throw LaboratoryFailure("cannot bind \(wanted): \(Errno.current)")
            }
            if let remote, remote.withArgument({ connect(descriptor, $0, $1) }) != 0 {
                defer { close(descriptor) }
                throw LaboratoryFailure("cannot connect to \(remote): \(Errno.current)")
            }
            return descriptor
        }
        local = SocketAddress.written { [descriptor] in getsockname(descriptor, $0, &$1) }.0
        startThread("udp \(local.port)") { [descriptor, state] in
            Self.receive(descriptor, state, echo)
            close(descriptor)
            state.with { $0.ended = true }
        }
    }

    deinit { state.with { $0.stopping = true } }

    /// Closes the socket; its port is free when this returns.
    public func stop() {
        state.with { $0.stopping = true }
        _ = state.wait { $0.ended ? true : nil }
    }

    private static func receive(_ descriptor: Int32, _ state: Monitor<State>, _ echo: Bool) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
        defer { buffer.deallocate() }
        while !state.with({ $0.stopping }) {
            let (source, count) = SocketAddress.written {
                recvfrom(descriptor, buffer.baseAddress, buffer.count, 0, $0, &$1)
            }
            let now = Monotonic.nanoseconds
            // Time-outs, and refusals that a connected socket reports from earlier sends.
            if count < 0 { continue }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            if echo { _ = source.withArgument { sendto(descriptor, bytes.baseAddress, count, 0, $0, $1) } }
            let read = LoadDatagram.read(bytes)
            state.with {
                $0.arrivals.append(
                    Arrival(
                        nanoseconds: now, source: source, length: count, number: read?.number,
                        sentNanoseconds: read?.nanoseconds ?? 0))
            }
        }
    }

    /// Everything heard so far, in order of arrival.
    public var arrivals: [Arrival] { state.with { $0.arrivals } }

    /// What was heard after the first `count` arrivals.
    func arrivals(after count: Int) -> [Arrival] { state.with { Array($0.arrivals.dropFirst(count)) } }

    /// Forgets what was heard.
    public func forget() { state.with { $0.arrivals = [] } }

    /// The first arrival that `matches`, past or to come.
    public func waitForArrival(seconds: Double = Patience.seconds, where matches: (Arrival) -> Bool) -> Arrival? {
        state.wait(seconds: seconds) { $0.arrivals.first(where: matches) }
    }

    /// Whether `condition` comes true of all that was heard.
    public func wait(seconds: Double = Patience.seconds, until condition: ([Arrival]) -> Bool) -> Bool {
        state.wait(seconds: seconds) { condition($0.arrivals) ? true : nil } ?? false
    }

    /// Sends to the connected peer, or to `target`; false when the kernel refused.
    @discardableResult
    public func send(_ bytes: [UInt8], to target: SocketAddress? = nil) -> Bool {
        bytes.withUnsafeBytes { bytes in
            if let target {
                return target.withArgument { sendto(descriptor, bytes.baseAddress, bytes.count, 0, $0, $1) }
                    == bytes.count
            }
            return Glibc.send(descriptor, bytes.baseAddress, bytes.count, 0) == bytes.count
        }
    }
}
