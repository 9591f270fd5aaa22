// SPDX-License-Identifier: GPL-2.0-or-later

import Sockets

/// Keeps what a wiretap on the links of one client tells about its WireGuard sessions: handshakes whole, and of data
/// only which index it was for.
public final class HandshakeRecorder: Sendable {
    public struct Record: Sendable {
        /// Whole handshake messages in order, copies over other links left out.
        public var handshakes: [(nanoseconds: Int64, isUplink: Bool, bytes: [UInt8])] = []
        /// Indices the client and the server gave in handshakes: data for the one or the other carries them.
        public var clientIndices: Set<UInt32> = []
        public var serverIndices: Set<UInt32> = []
        /// How many datagrams carried each receiver index, by direction.
        public var uplinkReceivers: [UInt32: Int] = [:]
        public var downlinkReceivers: [UInt32: Int] = [:]
        /// The highest counter of data by receiver index.
        public var counters: [UInt32: UInt64] = [:]
        /// Datagrams that are not WireGuard's.
        public var foreign = 0
    }

    private let state: Monitor<Record>
    private let captures: [Capture]

    /// Listens on the client's end of each of `links`, which from now on send whole frames.
    public init(_ links: [LaboratoryLink]) throws {
        let state = Monitor(Record())
        self.state = state
        captures = try links.map { link in
            try link.sendWholeFrames()
            return try Capture(on: link.name, in: link.client) { datagram in
                let ports = [datagram.source.port, datagram.target.port]
                guard ports.contains(UInt16(Laboratory.serverPort)) else { return }
                state.with { $0.note(datagram) }
            }
        }
    }

    public var record: Record { state.with { $0 } }

    /// Starts from nothing, but for the indices, which live on.
    public func forgetData() {
        state.with {
            $0.uplinkReceivers = [:]
            $0.downlinkReceivers = [:]
            $0.foreign = 0
        }
    }

    public func stop() { captures.forEach { $0.stop() } }
}

extension HandshakeRecorder.Record {
    /// Handshakes that are at least so old.
    public func handshakes(olderThan seconds: Double) -> [[UInt8]] {
        let limit = Monotonic.nanoseconds - Int64(seconds * 1e9)
        return handshakes.filter { $0.nanoseconds < limit }.map(\.bytes)
    }

    mutating func note(_ datagram: Capture.Datagram) {
        let bytes = datagram.bytes
        func index(_ offset: Int) -> UInt32 {
            bytes.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
        }
        guard bytes.count >= 32, bytes[1...3].allSatisfy({ $0 == 0 }) else {
            foreign += 1
            return
        }
        let isUplink = datagram.isOutgoing
        switch (bytes[0], datagram.length) {
        case (1, 148), (2, 92):
            if isUplink { clientIndices.insert(index(4)) } else { serverIndices.insert(index(4)) }
            if bytes[0] == 2 { count(index(8), isUplink) }
            if !handshakes.contains(where: { $0.bytes == bytes }) {
                handshakes.append((datagram.nanoseconds, isUplink, bytes))
            }
        case (3, 64): count(index(4), isUplink)
        case (4, 32...):
            count(index(4), isUplink)
            let counter = bytes.withUnsafeBytes {
                UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            }
            counters[index(4)] = max(counters[index(4)] ?? 0, counter)
        default: foreign += 1
        }
    }

    private mutating func count(_ receiver: UInt32, _ isUplink: Bool) {
        if isUplink { uplinkReceivers[receiver, default: 0] += 1 } else { downlinkReceivers[receiver, default: 0] += 1 }
    }
}
