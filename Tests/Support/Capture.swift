// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
public import Sockets

/// What crosses one interface as UDP over IPv4, read where a wiretap would.
///
/// The interface's ends must send whole frames (``LaboratoryLink/sendWholeFrames()``), else a run of datagrams is
/// seen as one.
public final class Capture: Sendable {
    public struct Datagram: Sendable {
        /// When we read it, CLOCK_MONOTONIC.
        public let nanoseconds: Int64
        /// Whether it left through the interface; else it came.
        public let isOutgoing: Bool
        public let source: SocketAddress
        public let target: SocketAddress
        /// Bytes of UDP payload.
        public let length: Int
        /// The first of them, at most ``Capture/bytesMax``.
        public let bytes: [UInt8]
    }

    private struct State {
        var stopping = false
        var ended = false
    }

    /// Enough for every handshake message.
    public static let bytesMax = 160
    private let state = Monitor(State())

    /// - Parameter onDatagram: called on the capture's thread, one datagram after the other.
    public init(
        on interface: String, in namespace: Namespace, onDatagram: @escaping @Sendable (Datagram) -> Void
    ) throws {
        let socket = try PacketSocket(on: interface, in: namespace, outgoing: true)
        startThread("tap \(interface)") { [state] in
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 14 + 60 + 8 + Self.bytesMax, alignment: 16)
            defer { buffer.deallocate() }
            while !state.with({ $0.stopping }) {
                guard let (length, isOutgoing) = socket.receive(buffer, waits: true) else { continue }
                let frame = UnsafeRawBufferPointer(rebasing: buffer[..<min(length, buffer.count)])
                if let datagram = Self.datagram(frame, isOutgoing) { onDatagram(datagram) }
            }
            state.with { $0.ended = true }
        }
    }

    deinit { state.with { $0.stopping = true } }

    /// Ends it; nothing is reported any more when this returns.
    public func stop() {
        state.with { $0.stopping = true }
        _ = state.wait { $0.ended ? true : nil }
    }

    /// The UDP datagram in a frame; nil for anything else, and for fragments, which no relay of ours need make here.
    private static func datagram(_ frame: UnsafeRawBufferPointer, _ isOutgoing: Bool) -> Datagram? {
        guard frame.count >= 42, frame[12] == 0x08, frame[13] == 0, frame[14] >> 4 == 4, frame[23] == 17 else {
            return nil
        }
        func number(_ offset: Int) -> UInt16 { UInt16(frame[offset]) << 8 | UInt16(frame[offset + 1]) }
        let udp = 14 + Int(frame[14] & 15) * 4
        // Neither a later fragment nor one with more to follow.
        guard number(20) & 0x3fff == 0, frame.count >= udp + 8 else { return nil }
        let length = Int(number(udp + 4)) - 8
        let payload = frame[(udp + 8)...]
        guard length >= 0 else { return nil }
        return Datagram(
            nanoseconds: Monotonic.nanoseconds, isOutgoing: isOutgoing,
            source: address(frame, 26, port: number(udp)), target: address(frame, 30, port: number(udp + 2)),
            length: length,
            bytes: [UInt8](payload.prefix(min(length, bytesMax))))
    }

    private static func address(_ frame: UnsafeRawBufferPointer, _ offset: Int, port: UInt16) -> SocketAddress {
        SocketAddress(IPAddress(bytes: UnsafeRawBufferPointer(rebasing: frame[offset..<offset + 4]))!, port: port)
    }
}
