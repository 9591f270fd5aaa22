// SPDX-License-Identifier: GPL-2.0-or-later

/// One direction of an emulated link: frames in, and when each of them comes out. Pure: time is what it is told.
struct WeatherLane {
    private struct Waiting {
        let release: Int64
        /// Order of arrival among frames that are released together.
        let number: UInt64
        let frame: [UInt8]

        func precedes(_ other: Waiting) -> Bool { (release, number) < (other.release, other.number) }
    }

    /// Frames that wait at most, as a router has a queue with an end: 30,000 of 1,500 bytes are 45 MB.
    static let waitingMax = 30_000

    var weather = Weather()
    private(set) var counts = LaneCounts()
    private var generator: SeededGenerator
    /// A binary heap; the next to go is the first.
    private var waiting: [Waiting] = []
    private var number: UInt64 = 0
    private var lastRelease: Int64 = 0

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    /// When the next frame is to go; nil when none waits.
    var nextRelease: Int64? { waiting.first?.release }

    /// Takes a frame that came at `now`.
    ///
    /// - Parameter isSpared: neither lost nor doubled: what only serves to find the neighbour, whose loss would cost
    ///   seconds that have nothing to do with the link's weather.
    mutating func take(_ frame: [UInt8], now: Int64, isSpared: Bool) {
        counts.received += 1
        // The same draws for every frame, so that one setting's changes leave the others' course as it is.
        let isLost = generator.happens(weather.lossPer1000)
        let isDoubled = generator.happens(weather.duplicationPer1000)
        let overtakes = generator.happens(weather.reorderingPer1000)
        let share = Double(generator.next() >> 11) * 0x1p-53
        if isLost && !isSpared || waiting.count >= Self.waitingMax {
            counts.lost += 1
            return
        }
        var release = now
        if !overtakes {
            release += Int64((weather.delayMilliseconds + share * weather.jitterMilliseconds) * 1e6)
            // Jitter alone never reorders. A delay that was cut short does not let the new overtake the old either.
            release = max(release, lastRelease)
            lastRelease = release
        }
        push(frame, release)
        if isDoubled && !isSpared {
            counts.doubled += 1
            push(frame, release)
        }
    }

    /// The next frame whose time has come by `now`; nil when there is none.
    mutating func release(now: Int64) -> [UInt8]? {
        guard let next = waiting.first, next.release <= now else { return nil }
        counts.released += 1
        let last = waiting.removeLast()
        if !waiting.isEmpty {
            waiting[0] = last
            sink()
        }
        return next.frame
    }

    private mutating func push(_ frame: [UInt8], _ release: Int64) {
        waiting.append(Waiting(release: release, number: number, frame: frame))
        number += 1
        var index = waiting.count - 1
        while index > 0, waiting[index].precedes(waiting[(index - 1) / 2]) {
            waiting.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private mutating func sink() {
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2]
            where child < waiting.count && waiting[child].precedes(waiting[least]) {
                least = child
            }
            if least == index { return }
            waiting.swapAt(index, least)
            index = least
        }
    }
}
