// SPDX-License-Identifier: GPL-2.0-or-later

import Benchmark
import CShims.Socket
import MallocCounter
import Sockets

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
        var batch = Batch()
        var runs = 0
        var slices = 0
        measured(benchmark) {
            batch.clearDepartures()
            for segment in segments.slices { blackHole(batch.place(segment, .uplink)) }
            runs = batch.runCount
            slices = batch.uplink.sliceCount
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
        measured(benchmark) { table.remove(table.insert(stranger, at: 0, local: engarde_packet_info())) }
    }
}
