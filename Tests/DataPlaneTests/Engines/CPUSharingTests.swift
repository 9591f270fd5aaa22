// SPDX-License-Identifier: GPL-2.0-or-later

import CShims.Socket
import Glibc
import Support
import Synchronization
import Testing

@testable import DataPlane

@Suite struct CPUSharingTests {
    @Test("A burst ends with the bytes that make it one, and the next begins")
    func bursts() {
        var sharing = CPUSharing(yields: true)
        let third = Limits.burstBytes / 3 + 1
        var sent = 0
        let ends = [third, third, third, third, third, third, third, Limits.burstBytes, 0].map { bytes in
            sent += bytes
            return sharing.endsBurst(sent: sent)
        }
        #expect(ends == [false, false, true, false, false, true, false, true, false])
    }

    @Test("Without short slices nothing is yielded")
    func never() {
        var sharing = CPUSharing(yields: false)
        let ends = sharing.endsBurst(sent: 10 * Limits.burstBytes)
        #expect(!ends)
    }

    /// Slices of one's own are there since Linux 6.12.
    @Test func theKernelTakesTheSlice() throws {
        let slices = Mutex<[Int64]>([])
        let thread = try Thread {
            let before = engarde_slice()
            let failure = Int64(engarde_set_slice(CPUSharing.sliceNanoseconds))
            slices.withLock { $0 = [before, failure, engarde_slice()] }
        }
        thread.join()
        let version = readText("/proc/sys/kernel/osrelease").split(whereSeparator: { !$0.isNumber }).prefix(2)
        let hasSlices = !version.compactMap { Int($0) }.lexicographicallyPrecedes([6, 12])
        let seen = slices.withLock(\.self)
        #expect(seen[1] == 0)
        #expect(seen[2] == (hasSlices ? CPUSharing.sliceNanoseconds : 0))
        #expect(seen[0] != seen[2] || !hasSlices)
    }

    /// What arrives while the burst is sent stays, and so does the burst.
    @Test("The end of a burst loses nothing", arguments: EngineTests.Kind.allCases)
    func nothingIsLost(_ kind: EngineTests.Kind) throws {
        let bare = try BareEngine.open(kind)
        let memory = SliceMemory(10_000)
        let (link, server) = (try Peer(), try Peer())
        try link.connect(to: server.local)
        try server.connect(to: link.local)
        bare.attach(1, descriptor: link.descriptor, .link)
        _ = bare.packets()
        var arrived = 0
        for number in 1...20 {
            for size in 1...5 { server.send([UInt8](repeating: 7, count: size)) }
            bare.leave(1, [memory.slice(0, 100 * number)])
            arrived += bare.packets(endsBurst: true).count
        }
        for _ in 0..<100 where arrived < 100 { arrived += bare.packets().count }
        #expect(arrived == 100)
        bare.flush()
        #expect(server.receiveAll(20).map(\.count) == (1...20).map { $0 * 100 })
    }
}
