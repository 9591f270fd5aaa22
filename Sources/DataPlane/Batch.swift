// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Sockets

/// The seam between an engine and a relay, as data: the packets that came, and what is to leave.
///
///     engine ──► packets ──► relay ──► queue: runs × targets = transmits ──► messages ──► engine
///                   │                            │
///                   └────── bytes stay put ◄─────┘ runs are views into them
///
/// All memory is allocated by `init`. An engine reuses receive buffers only when the transmits that view them are sent.
@safe
struct Batch: ~Copyable {
    private let packets: UnsafeMutablePointer<ReceivedPacket>
    private(set) var packetCount = 0
    /// The first packet that is not decided yet.
    private var cursor = 0
    var queue: TransmitQueue
    var messages: TransmitMessages
    private let counters: Counters

    /// - Parameters:
    ///   - paths: the server's paths; nil on a client.
    ///   - segmentLimit: segments one send may carry.
    init(
        counters: Counters, events: EventWriter, paths: PathStatistics?, segmentLimit: SegmentLimit = SegmentLimit()
    ) {
        self.counters = counters
        queue = TransmitQueue(segmentLimit: segmentLimit)
        messages = TransmitMessages(counters: counters, events: events, paths: paths)
        unsafe packets = .allocate(capacity: Limits.packets)
    }

    deinit { unsafe packets.deallocate() }

    // MARK: Received

    /// Counts a receive and appends it, unless it is one that cannot be relayed.
    ///
    /// - Parameters:
    ///   - payload: `length` bytes that stay put until the engine recycles them.
    ///   - source: the sender, or none on a connected socket.
    @_noLocks
    mutating func receive(
        _ socket: SocketHandle, _ payload: UnsafeMutableRawPointer, _ length: Int, _ source: SocketAddress,
        _ ancillary: engarde_ancillary
    ) {
        let segmentSize = ancillary.segment_size == 0 ? length : Int(ancillary.segment_size)
        let packet = unsafe ReceivedPacket(
            socket: socket, length: length, segmentSize: segmentSize, payload: payload, source: source,
            local: ancillary.local)
        counters.add(.receivedDatagrams, slot: socket.slot, packet.segmentCount)
        counters.add(.receivedBytes, slot: socket.slot, length)
        counters.raise(.largestReceived, slot: socket.slot, to: packet.segmentSize)
        if ancillary.has_kernel_drops {
            counters.set(.kernelDrops, slot: socket.slot, UInt64(ancillary.kernel_drops))
        }
        guard packet.segmentCount <= Limits.segmentsPerPacket else {
            return counters.add(.truncated, packet.segmentCount)
        }
        precondition(packetCount < Limits.packets)
        unsafe packets[packetCount] = packet
        packetCount += 1
    }

    /// Returns the next packet to decide, or nil behind the last one.
    @_noLocks
    mutating func next() -> ReceivedPacket? {
        guard cursor < packetCount else { return nil }
        defer { cursor += 1 }
        return unsafe packets[cursor]
    }

    /// True while packets wait to be decided.
    var hasPackets: Bool { @_noLocks get { cursor < packetCount } }

    /// Forgets the packets, all of which are decided. Those that come behind them are a new batch.
    @_noLocks
    mutating func clearPackets() {
        precondition(!hasPackets)
        packetCount = 0
        cursor = 0
    }
}
