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

/// What a ``MemoryEngine`` receives from and sends to.
final class SimulatedNetwork {
    var inbox: [SimulatedPacket] = []
    var outbox: [SimulatedPacket] = []
    var now: Int64 = 0
    var hasCommands = false
    /// Buffers that packets view.
    fileprivate(set) var buffersOut = 0
    fileprivate(set) var longestRun = 0
    fileprivate(set) var flushes = 0
    fileprivate var random: SeededGenerator
    fileprivate let coalescePer1000: Int

    init(seed: UInt64, coalescePer1000: Int) {
        random = SeededGenerator(seed: seed)
        self.coalescePer1000 = coalescePer1000
    }
}

/// A third engine behind the same protocol: a network in memory, and of every buffer the knowledge whether it is home.
struct MemoryEngine: ~Copyable, Engine {
    /// Of all sockets: none is replaced.
    static let generation: UInt16 = 1

    private let network: SimulatedNetwork
    private let events: EventWriter
    private var sockets = EngineSockets()
    private let buffers: [UnsafeMutableRawPointer]
    /// Bytes in each buffer that is out, the first so many.
    private var lengths: [Int] = []

    init(_ network: SimulatedNetwork, events: EventWriter) {
        self.network = network
        self.events = events
        buffers = (0..<Limits.buffers).map { _ in .allocate(byteCount: Limits.datagramBytes, alignment: 16) }
    }

    deinit { for buffer in buffers { buffer.deallocate() } }

    mutating func receive(_ batch: inout Batch, until deadline: Int64) -> Wake {
        while !network.inbox.isEmpty, lengths.count < Limits.packets { receiveOne(&batch) }
        defer { network.hasCommands = false }
        return Wake(now: network.now, hasCommands: network.hasCommands)
    }

    /// One receive: a datagram, or several equal ones from one peer, the last perhaps shorter.
    private mutating func receiveOne(_ batch: inout Batch) {
        let first = network.inbox.removeFirst()
        let buffer = buffers[lengths.count]
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
        while let next = network.inbox.first, size > 0, next.bytes.count > 0, next.bytes.count <= size,
            next.slot == first.slot, next.peer == first.peer, count < 64,
            length + next.bytes.count <= Limits.datagramBytes, network.random.happens(network.coalescePer1000)
        {
            add(next)
            count += 1
            network.inbox.removeFirst()
            if next.bytes.count < size { break }
        }
        var ancillary = engarde_ancillary()
        ancillary.segment_size = count > 1 ? UInt32(size) : 0
        batch.receive(
            SocketHandle(slot: first.slot, generation: Self.generation), buffer, length, first.peer, ancillary)
        lengths.append(length)
        network.buffersOut += 1
    }

    mutating func transmit(_ batch: inout Batch) {
        send(&batch)
        batch.clearPackets()
    }

    mutating func flush(_ batch: inout Batch) {
        network.flushes += 1
        send(&batch)
    }

    private func send(_ batch: inout Batch) {
        for transmit in 0..<batch.queue.transmitCount {
            let target = batch.queue.transmit(transmit).pointee
            let run = batch.queue.run(of: transmit).pointee
            network.longestRun = max(network.longestRun, run.segmentCount)
            precondition(run.segmentCount == 1 || run.bytes <= Limits.bytesPerRun)
            precondition(batch.messages.append(transmit, of: &batch.queue, now: network.now))
            let header = batch.messages.headers.pointee.msg_hdr
            var all: [UInt8] = []
            for slice in 0..<header.msg_iovlen {
                let view = header.msg_iov[slice]
                all += UnsafeRawBufferPointer(start: view.iov_base, count: view.iov_len)
            }
            precondition(all.count == run.bytes, "the segments of a run are its bytes")
            let peer = header.msg_name.map { SocketAddress(kernel: $0, length: Int(header.msg_namelen)) } ?? SocketAddress()
            precondition(peer == target.destination)
            var start = 0
            repeat {
                let end = min(all.count, start + max(1, run.segmentSize))
                network.outbox.append(SimulatedPacket(bytes: Array(all[start..<end]), slot: target.slot, peer: peer))
                start = end
            } while start < all.count
            batch.messages.clear()
        }
        batch.queue.clear()
    }

    /// Buffers are reused only now; overwriting them would show in the datagrams if a transmit still saw them.
    mutating func recycle(_ batch: inout Batch) {
        for (buffer, length) in zip(buffers, lengths) { memset(buffer, 0xee, length) }
        network.buffersOut -= lengths.count
        lengths = []
    }

    mutating func attach(_ socket: SocketHandle, descriptor: Int32, wantsSource: Bool) {
        sockets.attach(socket, descriptor: descriptor, wantsSource: wantsSource)
    }

    mutating func detach(_ socket: SocketHandle) {
        guard sockets.serves(socket) else { return }
        sockets[socket.slot].isServed = false
        events.post(.released(socket))
    }

    func serves(_ socket: SocketHandle) -> Bool { sockets.serves(socket) }
}
