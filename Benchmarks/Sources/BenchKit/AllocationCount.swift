// SPDX-License-Identifier: GPL-2.0-or-later

internal import CBench
internal import Glibc
internal import Support

/// What the loops of one variant's programs allocated while they relayed.
package struct AllocationCount: Codable, Sendable {
    package let variant: String
    /// Delivered while it was counted, each once.
    package let datagrams: UInt64
    /// By the data plane's thread of each.
    package let client: Int64
    package let server: Int64
    package var isNone: Bool { client == 0 && server == 0 }
}

/// Counts the allocations of one thread, of whatever program; see `cbench_count_calls`.
struct AllocationCounter: ~Copyable {
    private static let functions = ["malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc", "mmap"]
    private let descriptors: [Int32]

    init(thread: Int32) throws {
        var opened: [Int32] = []
        for function in Self.functions {
            let descriptor = cbench_count_calls(function, thread)
            guard descriptor >= 0 else {
                opened.forEach { close($0) }
                throw LaboratoryFailure("no counter for calls of \(function): errno \(-descriptor)")
            }
            opened.append(descriptor)
        }
        descriptors = opened
    }

    deinit { descriptors.forEach { close($0) } }

    var count: Int64 { descriptors.reduce(0) { $0 + max(0, cbench_counted($1)) } }

    /// Why allocations cannot be counted here, nil when they can: it must find one that is known.
    static let obstacle: String? = {
        do {
            let counter = try AllocationCounter(thread: cbench_thread())
            let before = counter.count
            cbench_allocate()
            return counter.count > before ? nil : "the kernel's counter of allocations does not count"
        } catch {
            return "\(error)"
        }
    }()
}

extension Bench {
    /// The data plane's thread of engarde's programs.
    private func dataPlane(_ program: Program) throws -> Int32 {
        for task in directoryEntries("/proc/\(program.pid)/task") {
            if readText("/proc/\(program.pid)/task/\(task)/comm") == "data-plane\n", let id = Int32(task) { return id }
        }
        throw LaboratoryFailure("\(program.name) has no thread of the name data-plane")
    }

    /// Counts what both programs' loops allocate while `datagrams` pass at full load in both directions, after a
    /// warm-up.
    package func allocations(_ variant: Variant, datagrams: UInt64) throws -> AllocationCount {
        if let obstacle = AllocationCounter.obstacle { throw LaboratoryFailure(obstacle) }
        let laboratory = try laboratory(links: Plan.links)
        let relays = try Relays(variant, in: laboratory, cores: cores)
        defer { relays.stop() }
        let ends = try Ends(laboratory)
        try ends.shakeHands(laboratory, relays)
        let flows = fullLoad(ends)
        Flow.begin(flows)
        Flow.run(flows, seconds: 0.2)
        let client = try AllocationCounter(thread: dataPlane(relays.client))
        let server = try AllocationCounter(thread: dataPlane(relays.server))
        var delivered: UInt64 = 0
        let done = try Monotonic.wait(seconds: 10 * Patience.seconds) {
            try relays.check()
            Flow.begin(flows)
            Flow.run(flows, seconds: 0.2)
            delivered += flows.reduce(0) { $0 + $1.state.unique }
            return delivered >= datagrams
        }
        guard done else { throw LaboratoryFailure("only \(delivered) datagrams passed in ten minutes") }
        return AllocationCount(
            variant: variant.name, datagrams: delivered, client: client.count, server: server.count)
    }
}
