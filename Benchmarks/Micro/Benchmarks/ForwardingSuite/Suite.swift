// SPDX-License-Identifier: GPL-2.0-or-later

import Benchmark
import CShims.Socket
import MallocCounter
import Sockets
import WireGuardWire

@testable import DataPlane

/// Figures of ours, beside the clock: counts, on which thresholds can stand.
extension BenchmarkMetric {
    /// Allocations of the measured code.
    static let allocations = BenchmarkMetric.custom("Allocations", useScalingFactor: false)
    /// Runs that a batch's datagrams became: GSO sends, a target.
    static let runs = BenchmarkMetric.custom("Runs", useScalingFactor: false)
    /// Slices those runs were gathered from: iovecs.
    static let slices = BenchmarkMetric.custom("Slices", useScalingFactor: false)
}

/// Segments of these lengths, one behind the other in one buffer unless `apart`.
private struct Segments {
    let memory: UnsafeMutableRawPointer
    let slices: [iovec]

    init(_ lengths: [Int], apart: Bool = false) {
        memory = .allocate(byteCount: lengths.reduce(0, +) + lengths.count, alignment: 64)
        var at = memory
        slices = lengths.map { length in
            defer { at += length + (apart ? 1 : 0) }
            return iovec(iov_base: at, iov_len: length)
        }
    }
}

private func address(_ index: Int) -> SocketAddress {
    SocketAddress(IPAddress("10.\(index >> 16 & 255).\(index >> 8 & 255).\(index & 255)")!, port: 50_000)
}

private func measured(_ benchmark: Benchmark, _ body: () -> Void) {
    let before = malloc_counter_value()
    benchmark.startMeasurement()
    for _ in benchmark.scaledIterations { body() }
    benchmark.stopMeasurement()
    benchmark.measurement(.allocations, Int(malloc_counter_value() - before))
}

private func runBuilding(_ name: String, _ segments: Segments) {
    Benchmark(
        name,
        configuration: .init(
            metrics: [.throughput, .allocations, .runs, .slices], scalingFactor: .kilo,
            thresholds: [
                .allocations: .init(absolute: [.p90: 0]), .runs: .init(absolute: [.p90: 0]),
                .slices: .init(absolute: [.p90: 0]),
            ])
    ) { benchmark in
        var queue = TransmitQueue()
        let targets = TargetSet(group: 0, bits: 0b111)
        var runs = 0
        var slices = 0
        measured(benchmark) {
            queue.clear()
            for segment in segments.slices { blackHole(queue.append(segment, to: targets)) }
            runs = queue.runCount
            for run in 0..<runs { queue.append(Transmit(run: Int32(run), slot: 0)) }
            slices = (0..<runs).reduce(0) { $0 + queue.run(of: $1).pointee.sliceCount }
        }
        benchmark.measurement(.runs, runs)
        benchmark.measurement(.slices, slices)
    }
}

private func pathTable(_ name: String, paths: Int) {
    Benchmark(
        name,
        configuration: .init(
            metrics: [.throughput, .allocations], scalingFactor: .kilo,
            thresholds: [.allocations: .init(absolute: [.p90: 0])])
    ) { benchmark in
        var table = PathTable(capacity: Limits.paths)
        let addresses = (0..<paths).map(address)
        for known in addresses { _ = table.insert(known, at: 0, local: engarde_packet_info()) }
        var next = 0
        measured(benchmark) {
            blackHole(table.find(addresses[next]))
            next = next + 1 == paths ? 0 : next + 1
        }
    }
}

/// A datagram with WireGuard's clear header and a tag of its own.
private final class Datagrams {
    static let size = 1_200
    private let memory = UnsafeMutableRawPointer.allocate(byteCount: Datagrams.size, alignment: 64)

    init() {
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: Self.size)
        memory.storeBytes(of: 4, as: UInt32.self)
        memory.storeBytes(of: 0x2222_2222, toByteOffset: 4, as: UInt32.self)
    }

    /// The same memory each time, as datagram `counter`.
    func datagram(_ counter: UInt64) -> UnsafeRawPointer {
        memory.storeBytes(of: counter, toByteOffset: 8, as: UInt64.self)
        memory.storeBytes(of: counter &* 0x9e37_79b9_7f4a_7c15, toByteOffset: Self.size - 8, as: UInt64.self)
        return UnsafeRawPointer(memory)
    }
}

/// Everybody's allocations, which must be none.
private func withoutAllocations(_ name: String, _ body: @escaping (Benchmark) -> Void) {
    Benchmark(
        name,
        configuration: .init(
            metrics: [.throughput, .allocations], scalingFactor: .kilo,
            thresholds: [.allocations: .init(absolute: [.p90: 0])]), closure: body)
}

private func headerParse() {
    withoutAllocations("header-of-data") { benchmark in
        let datagrams = Datagrams()
        var counter: UInt64 = 0
        measured(benchmark) {
            counter += 1
            blackHole(Message(datagrams.datagram(counter), length: Datagrams.size))
        }
    }
}

/// What the data plane does for each datagram, and for each copy that follows it.
private func duplicateWindow(_ name: String, copies: Int) {
    withoutAllocations(name) { benchmark in
        let datagrams = Datagrams()
        var random = SystemRandomNumberGenerator()
        var window = DuplicateWindow(entries: Limits.clientWindowEntries, random: &random)
        var counter: UInt64 = 0
        var now: UInt32 = 0
        var found = 0
        measured(benchmark) {
            counter += 1
            now &+= 1
            for copy in 0...copies {
                let bytes = datagrams.datagram(counter)
                let key = window.key(Message(bytes, length: Datagrams.size), bytes, Datagrams.size)
                let entry = window.find(key, now: now)
                if entry == nil {
                    window.insert(key, now: now, owner: 0, member: 0, isPending: false)
                } else if let entry {
                    window.add(member: copy, to: entry)
                    found += 1
                }
            }
        }
        precondition(found == benchmark.scaledIterations.count * copies, "a copy is not recognised, or a first one is")
    }
}

private func receiverTable() {
    withoutAllocations("receivers-find-one-of-8192") { benchmark in
        var table = ReceiverTable(sessions: Limits.sessions)
        // WireGuard's indices are random.
        func index(_ number: Int) -> UInt32 { UInt32(truncatingIfNeeded: number &* 0x9e37_79b1) }
        let count = Limits.sessions * 8
        for number in 0..<count { table.learn(index(number), session: SessionIndex(Int32(number / 8))) }
        var next = 0
        var known = 0
        measured(benchmark) {
            if table.session(of: index(next)) == SessionIndex(Int32(next / 8)) { known += 1 }
            next = next + 1 == count ? 0 : next + 1
        }
        precondition(known == benchmark.scaledIterations.count, "an index is not found")
    }
}

private func sessionTable() {
    func table(sessions: Int) -> SessionTable {
        var table = SessionTable(
            limits: SessionLimits(
                maxSessions: sessions, maxPathsPerSession: 16, maxPaths: Limits.paths, pathTimeoutNanoseconds: .max))
        for slot in 0..<sessions { table.free(slot: UInt16(slot + 1)) }
        return table
    }
    withoutAllocations("sessions-find-one-of-1024") { benchmark in
        var table = table(sessions: Limits.sessions)
        let tags = (0..<Limits.sessions).map { number in
            let session = table.open(.informed, now: 0)
            table.validate(session)
            _ = table.add(PathIndex(Int32(number)), to: session)
            return table.tag(session)
        }
        var next = 0
        var known = 0
        measured(benchmark) {
            let session = table.session(tagged: tags[next])
            if let session, table.member(session, 0) == PathIndex(Int32(next)) { known += 1 }
            next = next + 1 == tags.count ? 0 : next + 1
        }
        precondition(known == benchmark.scaledIterations.count, "a session is not found")
    }
    withoutAllocations("sessions-come-and-go-among-1000") { benchmark in
        var table = table(sessions: 1_001)
        for _ in 0..<1_000 { table.validate(table.open(.informed, now: 0)) }
        measured(benchmark) {
            let session = table.open(.plain, now: 0)
            let slot = table[session].slot
            table.close(session)
            table.free(slot: slot)
        }
    }
}

/// Names are also the names of threshold files, which the tool finds only when they have no spaces.
let benchmarks: @Sendable () -> Void = {
    // A counter that does not count would pass every threshold.
    let before = malloc_counter_value()
    UnsafeMutableRawPointer.allocate(byteCount: 1_000, alignment: 1).deallocate()
    precondition(malloc_counter_value() > before, "the allocation counter does not count")

    runBuilding("runs-64-equal-side-by-side", Segments(Array(repeating: 1_000, count: 64)))
    runBuilding("runs-54-of-1200-bytes-apart", Segments(Array(repeating: 1_200, count: 54), apart: true))
    runBuilding("runs-640-equal-side-by-side", Segments(Array(repeating: 1_000, count: 640)))
    runBuilding("runs-64-of-two-sizes-in-turn", Segments((0..<64).map { $0 % 2 == 0 ? 100 : 1_200 }))
    headerParse()
    duplicateWindow("window-first", copies: 0)
    duplicateWindow("window-first-and-two-copies", copies: 2)
    receiverTable()
    sessionTable()
    pathTable("paths-find-one-of-8", paths: 8)
    pathTable("paths-find-one-of-4096", paths: Limits.paths)
    Benchmark(
        "paths-come-and-go-among-1000",
        configuration: .init(
            metrics: [.throughput, .allocations], scalingFactor: .kilo,
            thresholds: [.allocations: .init(absolute: [.p90: 0])])
    ) { benchmark in
        var table = PathTable(capacity: Limits.paths)
        for index in 0..<1_000 { _ = table.insert(address(index), at: 0, local: engarde_packet_info()) }
        let stranger = address(70_000)
        measured(benchmark) { table.remove(table.insert(stranger, at: 0, local: engarde_packet_info())!) }
    }
}
