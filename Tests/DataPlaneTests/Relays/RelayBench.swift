// SPDX-License-Identifier: GPL-2.0-or-later

import CShims.Socket
import Glibc
import Sockets

@testable import DataPlane

/// A relay without an engine: packets are put in by hand, transmits are read as values.
final class RelayBench<R: Relay & ~Copyable> {
    /// One send as decided.
    struct Sent: Equatable {
        var slot: UInt16
        var destination = SocketAddress()
        /// The address it leaves from.
        var local: [UInt8] = Array(repeating: 0, count: 16)
        var datagrams: [[UInt8]]
    }

    let counters = Counters()
    private let ring: EventRing
    private var relay: R
    private var events: [Event] = []
    private var queue = TransmitQueue()
    private var packets: [ReceivedPacket] = []
    private var buffers: [UnsafeMutableRawPointer] = []
    private(set) var partialTurns = 0

    init(_ make: (Counters, EventWriter) -> R) {
        ring = try! EventRing()
        relay = make(counters, ring.writer)
    }

    convenience init(_ make: (Counters) -> R) { self.init { counters, _ in make(counters) } }

    /// Whether the socket in this slot was reported as of no more use since it was attached.
    func isRetired(_ slot: UInt16) -> Bool {
        while let event = ring.next() { events.append(event) }
        return events.contains(.retired(slot: slot))
    }

    deinit {
        for buffer in buffers { buffer.deallocate() }
        counters.deallocate()
    }

    var deadline: Int64 { relay.deadline }

    /// Looks into the relay's state.
    func look<T>(_ body: (borrowing R) -> T) -> T { body(relay) }

    func apply(_ command: Command) { relay.apply(command) }
    func attach(_ slot: UInt16, _ role: Command.Role, generation: UInt16 = 1) {
        _ = isRetired(slot)
        events.removeAll { $0 == .retired(slot: slot) }
        relay.apply(.attach(SocketHandle(slot: slot, generation: generation), descriptor: -1, role))
    }

    func carry(_ slot: UInt16, _ carries: Bool = true, generation: UInt16 = 1) {
        relay.apply(.carry(SocketHandle(slot: slot, generation: generation), carries))
    }

    func detach(_ slot: UInt16, generation: UInt16 = 1) {
        relay.apply(.detach(SocketHandle(slot: slot, generation: generation)))
    }

    /// Puts in what one receive brought: datagrams of equal size, the last perhaps shorter.
    func arrive(
        _ slot: UInt16, _ datagrams: [[UInt8]], from source: SocketAddress = SocketAddress(),
        to local: String = "",
        generation: UInt16 = 1
    ) {
        let all = datagrams.flatMap { $0 }
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: max(1, all.count), alignment: 16)
        buffers.append(buffer)
        buffer.copyMemory(from: all, byteCount: all.count)
        packets.append(
            ReceivedPacket(
                socket: SocketHandle(slot: slot, generation: generation), length: all.count,
                segmentSize: datagrams[0].count, payload: buffer, source: source,
                local: local.isEmpty ? engarde_packet_info() : TransmitMessagesTests.local(local)))
    }

    /// Decides what has arrived, as the loop does at `now`, and returns what leaves.
    func turn(at now: Int64 = 0) -> [Sent] {
        var sent: [Sent] = []
        relay.expire(now: now, into: &queue)
        for packet in packets {
            while !relay.decide(packet, into: &queue, now: now) {
                partialTurns += 1
                flush(&sent)
            }
        }
        flush(&sent)
        packets = []
        return sent
    }

    private func flush(_ sent: inout [Sent]) {
        for index in 0..<queue.transmitCount {
            let transmit = queue.transmit(index).pointee
            let run = queue.run(of: index).pointee
            sent.append(
                Sent(
                    slot: transmit.slot, destination: transmit.destination,
                    local: TransmitMessagesTests.bytes(transmit.local),
                    datagrams: (0..<run.segmentCount).map { bytes(run.segment($0)) }))
        }
        queue.clear()
    }
}

func address(_ text: String, _ port: UInt16) -> SocketAddress { SocketAddress(IPAddress(text)!, port: port) }

/// The 16 bytes of a source address as a transmit has them.
func localBytes(_ text: String) -> [UInt8] { TransmitMessagesTests.bytes(TransmitMessagesTests.local(text)) }
