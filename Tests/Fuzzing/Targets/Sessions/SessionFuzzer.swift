// SPDX-License-Identifier: GPL-2.0-or-later

import CShims.Socket
import Driver
import Glibc
import Sockets
import WireGuardWire

@testable import DataPlane

private let limits = SessionLimits(
    maxSessions: 2, maxPathsPerSession: 3, maxPaths: 12, pathTimeoutNanoseconds: 30_000_000_000)
nonisolated(unsafe) private let statistics = ServerStatistics(limits)
nonisolated(unsafe) private let counters = Counters()
private let events = try! EventRing()
/// Upstream sockets that were reported as of no more use.
nonisolated(unsafe) private var retired: Set<UInt16> = []
nonisolated(unsafe) private var queue = TransmitQueue()
private let upstreams: ClosedRange<UInt16> = 1...40

/// Steps of five bytes: whose datagram and how late, what kind, receiver, counter, size. Afterwards the tables must agree
/// with each other, and no path may have been sent more than it is owed.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ length: Int) -> CInt {
    var random = SystemRandomNumberGenerator()
    var relay = ServerRelay(
        counters: counters, statistics: statistics, events: events.writer, limits: limits, verifier: nil,
        random: &random)
    retired = []
    relay.apply(.attach(SocketHandle(slot: 0, generation: 1), descriptor: -1, .listen))
    for slot in upstreams {
        counters.reset(slot: slot, generation: 1)
        relay.apply(.attach(SocketHandle(slot: slot, generation: 1), descriptor: -1, .upstream))
    }
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 2_048, alignment: 16)
    defer { memory.deallocate() }
    var now: Int64 = 1_000_000_000
    let steps = Array(UnsafeBufferPointer(start: bytes, count: length))
    for step in stride(from: 0, to: steps.count - 4, by: 5) {
        let (who, kind) = (steps[step], steps[step + 1])
        now += Int64(kind >> 3) * 40_000_000
        let size = make(kind & 7, steps[step + 2], steps[step + 3], steps[step + 4], at: memory)
        let isUp = who & 0x80 != 0
        let slot = isUp ? 0 : UInt16(who % 40) + 1
        // A socket that has been given back says nothing any more.
        if !isUp && retired.contains(slot) { continue }
        let packet = ReceivedPacket(
            socket: SocketHandle(slot: slot, generation: 1), length: size, segmentSize: size, payload: memory,
            source: isUp ? SocketAddress(IPAddress("192.0.2.\(who & 31)")!, port: 9) : SocketAddress(),
            local: engarde_packet_info())
        relay.expire(now: now, into: &queue)
        while !relay.decide(packet, into: &queue, now: now) { queue.clear() }
        for index in 0..<queue.transmitCount where queue.transmit(index).pointee.target.path != nil {
            precondition(!isUp, "a client's datagram goes to a client")
        }
        queue.clear()
        check(relay)
    }
    now += 40_000_000_000
    relay.expire(now: now, into: &queue)
    relay.expire(now: now + 40_000_000_000, into: &queue)
    precondition(relay.sessions.paths.count == 0 && relay.sessions.table.pendingCount == 0, "something lives for ever")
    for position in 0..<relay.sessions.table.count {
        let index = relay.sessions.table.live(position)
        precondition(relay.sessions.table[index].isAsleep && relay.sessions.lastKnown.count(index) > 0, "an empty session lives")
    }
    check(relay)
    return 0
}

/// Writes a message and returns its size.
private func make(
    _ kind: UInt8, _ receiver: UInt8, _ counter: UInt8, _ extra: UInt8, at memory: UnsafeMutableRawPointer
) -> Int {
    let (type, size): (UInt8, Int) =
        switch kind {
        case 0: (1, 148)
        case 1: (2, 92)
        case 2: (3, 64)
        case 3: (extra, Int(extra) * 8)
        default: (4, 32 + Int(extra) * 6)
        }
    memset(memory, 0, max(size, 16))
    memory.storeBytes(of: type, as: UInt8.self)
    memory.storeBytes(of: receiver & 3, toByteOffset: 4, as: UInt8.self)
    memory.storeBytes(of: counter, toByteOffset: 8, as: UInt8.self)
    return size
}

private func check(_ relay: borrowing ServerRelay) {
    while let event = events.next() {
        if case .retired(let slot) = event { retired.insert(slot) }
    }
    precondition(relay.sessions.table.validatedCount <= limits.maxSessions && relay.sessions.table.pendingCount <= 32)
    var slots = relay.sessions.table.freeSlotCount
    var members = 0
    for position in 0..<relay.sessions.table.count {
        let index = relay.sessions.table.live(position)
        let session = relay.sessions.table[index]
        precondition(session.members.nonzeroBitCount <= limits.maxPathsPerSession)
        precondition(session.validatedMembers & ~session.members == 0)
        precondition(relay.sessions.table.owner(ofSlot: session.slot) == index)
        slots += 1
        if let former = session.formerSlot {
            precondition(relay.sessions.table.owner(ofSlot: former) == index)
            slots += 1
        }
        for ordinal in 0..<32 where session.members & 1 << UInt32(ordinal) != 0 {
            let path = relay.sessions.paths[relay.sessions.table.member(index, ordinal)]
            precondition(path.session == index && path.ordinal == ordinal)
            precondition(!path.isValidated || relay.sessions.lastKnown.session(of: path.address) == nil, "a path is known as silent")
            precondition(path.isValidated == (session.validatedMembers & 1 << UInt32(ordinal) != 0))
            precondition(path.amplificationAllowance >= 0, "a path was sent more than it is owed")
            members += 1
        }
    }
    precondition(members == relay.sessions.paths.count, "a path belongs to no session")
    for slot in upstreams where retired.contains(slot) {
        precondition(relay.sessions.table.owner(ofSlot: slot) == nil, "a socket is in use and given back")
        slots += 1
    }
    precondition(slots == upstreams.count, "a socket is lost, or counted twice")
}

@_cdecl("fuzz_sessions_main")
public func main(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    drive(count, arguments, fuzz)
}
