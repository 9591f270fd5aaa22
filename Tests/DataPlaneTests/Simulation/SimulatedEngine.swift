// SPDX-License-Identifier: GPL-2.0-or-later

import CShims.Socket
import Glibc
import Sockets
import Support

@testable import DataPlane

/// A datagram on its way into or out of a relay.
struct SimulatedPacket: Hashable {
    var bytes: [UInt8]
    /// The socket of the relay it came in on or leaves by.
    var slot: UInt16
    /// Who sent it (arriving), or who it goes to (leaving); none on a connected socket.
    var peer = SocketAddress()
}

/// Stands where an engine does: makes packets of an inbox and of what is queued, and knows of every
/// buffer whether it is home.
final class SimulatedEngine<R: Relay & ~Copyable> {
    private var relay: R
    private var queue = TransmitQueue()
    private var packets: [ReceivedPacket] = []
    private var random: SeededGenerator
    private let coalescePer1000: Int
    private var buffers: [UnsafeMutableRawPointer] = []
    private(set) var buffersOut = 0
    private(set) var longestRun = 0
    private(set) var partialTurns = 0

    init(_ relay: consuming R, seed: UInt64, coalescePer1000: Int) {
        self.relay = relay
        random = SeededGenerator(seed: seed)
        self.coalescePer1000 = coalescePer1000
        for _ in 0..<Limits.buffers { buffers.append(.allocate(byteCount: Limits.datagramBytes, alignment: 16)) }
    }

    deinit { for buffer in buffers { buffer.deallocate() } }

    func apply(_ command: Command) { relay.apply(command) }

    /// Runs as many turns as it takes to decide the whole inbox; returns what left, in order.
    func run(_ inbox: [SimulatedPacket], now: Int64) -> [SimulatedPacket] {
        var left: [SimulatedPacket] = []
        var rest = inbox[...]
        repeat {
            relay.expire(now: now, into: &queue)
            while !rest.isEmpty, packets.count < Limits.packets { receive(&rest) }
            for packet in packets {
                while !relay.decide(packet, into: &queue, now: now) {
                    partialTurns += 1
                    send(&left)
                }
            }
            send(&left)
            // Buffers are reused only now; overwriting them would show in the packets if a transmit still saw them.
            for packet in packets { memset(packet.payload, 0xee, packet.length) }
            buffersOut -= packets.count
            packets = []
        } while !rest.isEmpty
        return left
    }

    /// One receive: a datagram, or several equal ones from one peer, the last perhaps shorter.
    private func receive(_ rest: inout ArraySlice<SimulatedPacket>) {
        let first = rest.removeFirst()
        let buffer = buffers[packets.count]
        var length = 0
        func add(_ packet: SimulatedPacket) {
            packet.bytes.withUnsafeBytes {
                if let base = $0.baseAddress { (buffer + length).copyMemory(from: base, byteCount: $0.count) }
            }
            length += packet.bytes.count
        }
        add(first)
        let size = first.bytes.count
        var count = 1
        while let next = rest.first, size > 0, next.bytes.count > 0, next.bytes.count <= size,
            next.slot == first.slot, next.peer == first.peer, count < 64,
            length + next.bytes.count <= Limits.datagramBytes, random.happens(coalescePer1000)
        {
            add(next)
            count += 1
            rest.removeFirst()
            if next.bytes.count < size { break }
        }
        packets.append(
            ReceivedPacket(
                socket: SocketHandle(slot: first.slot, generation: 1), length: length, segmentSize: size,
                payload: buffer, source: first.peer, local: engarde_packet_info()))
        buffersOut += 1
    }

    private func send(_ left: inout [SimulatedPacket]) {
        for index in 0..<queue.transmitCount {
            let transmit = queue.transmit(index).pointee
            let run = queue.run(of: index).pointee
            longestRun = max(longestRun, run.segmentCount)
            var bytes = 0
            for segment in 0..<run.segmentCount {
                let view = run.segment(segment)
                bytes += view.iov_len
                left.append(
                    SimulatedPacket(
                        bytes: Array(UnsafeRawBufferPointer(start: view.iov_base, count: view.iov_len)),
                        slot: transmit.slot, peer: transmit.destination))
            }
            precondition(bytes == run.bytes, "the segments of a run are its bytes")
            precondition(run.segmentCount == 1 || run.bytes <= Limits.bytesPerRun)
        }
        queue.clear()
    }
}
