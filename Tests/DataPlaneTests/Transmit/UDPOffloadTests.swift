// SPDX-License-Identifier: GPL-2.0-or-later

import Testing

@testable import DataPlane

@Suite struct UDPOffloadTests {
    private static let second: Int64 = 1_000_000_000

    /// Holds an offload that cannot be copied.
    private final class Holder {
        private var offload: UDPOffload
        init(paths: Int) { offload = UDPOffload(paths: paths) }

        /// Whether it is on, and whether it has just been given another try.
        func isOn(_ target: TransmitTarget, _ now: Int64) -> (Bool, Bool) {
            var isTriedAgain = false
            let isOn = offload.isOn(target, now: now, isTriedAgain: &isTriedAgain)
            return (isOn, isTriedAgain)
        }

        func refuse(_ target: TransmitTarget, now: Int64) -> Bool { offload.refuse(target, now: now) }
        func reset(slot: UInt16) { offload.reset(slot: slot) }
    }

    @Test("What is refused is tried again after ten seconds, and after twice as long each time it is refused soon again")
    func backoff() {
        let offload = Holder(paths: 0)
        let target = TransmitTarget(slot: 3)
        var now: Int64 = 1
        #expect(offload.isOn(target, now) == (true, false))
        for seconds: Int64 in [10, 20, 40, 80, 160, 320, 640, 640] {
            #expect(offload.refuse(target, now: now))
            #expect(!offload.refuse(target, now: now), "known already")
            #expect(offload.isOn(target, now + seconds * Self.second - 1) == (false, false))
            now += seconds * Self.second
            #expect(offload.isOn(target, now) == (true, true))
            #expect(offload.isOn(target, now) == (true, false))
        }
        // It worked for long: the next refusal is a new one.
        now += 641 * Self.second
        #expect(offload.refuse(target, now: now))
        #expect(offload.isOn(target, now + 10 * Self.second).0)
    }

    @Test("A target's refusal is its own: other sockets, other paths, the next one in its place are not touched")
    func targets() {
        let offload = Holder(paths: 4)
        let refused = [TransmitTarget(slot: 0), TransmitTarget(path: 0, tenant: 1)]
        let others = [
            TransmitTarget(slot: 1), TransmitTarget(path: 1, tenant: 1), TransmitTarget(path: 0, tenant: 2),
            TransmitTarget(path: 3, tenant: 0),
        ]
        for target in refused { #expect(offload.refuse(target, now: 1)) }
        for target in refused { #expect(!offload.isOn(target, 2).0) }
        for target in others { #expect(offload.isOn(target, 2).0) }
        #expect(offload.refuse(others[2], now: 3), "news of the next one in the place")
        #expect(!offload.isOn(others[2], 4).0)
        offload.reset(slot: 0)
        #expect(offload.isOn(refused[0], 2).0)
    }

    /// Old kernels: headers and segments together must fit into 64 segments.
    @Test(
        "Where headers count, fewer segments fit",
        arguments: [
            (48, 1_420, 63), (48, 48, 63), (48, 47, 62), (48, 32, 62), (48, 1, 16), (0, 1, 64), (0, 1_420, 64),
            (48, 0, 1), (0, 0, 1), (100, 1, 1),
        ])
    func segmentLimit(headers: Int, bytes: Int, segments: Int) {
        let limit = SegmentLimit(headerBytes: headers)
        #expect(limit.segments(ofBytes: bytes) == segments)
        #expect(bytes == 0 || segments == 1 || headers + segments * bytes <= 64 * bytes)
    }

    @Test("This kernel answers the probe, and always the same")
    func probe() { #expect(SegmentLimit.probe() == SegmentLimit.probe()) }
}
