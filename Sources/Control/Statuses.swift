// SPDX-License-Identifier: GPL-2.0-or-later

internal import DataPlane
internal import Glibc
internal import Sockets
internal import Status

extension Traffic {
    /// What crossed a socket.
    init(_ counters: Counters, slot: UInt16) {
        self.init()
        receivedDatagrams = counters.value(.receivedDatagrams, slot: slot)
        receivedBytes = counters.value(.receivedBytes, slot: slot)
        sentDatagrams = counters.value(.sentDatagrams, slot: slot)
        sentBytes = counters.value(.sentBytes, slot: slot)
        sendFailures = SendFailure.allCases.reduce(0) { $0 + counters.value($1, slot: slot) }
        kernelDrops = counters.value(.kernelDrops, slot: slot)
    }
}

extension ProgramStatus {
    /// Fills in what the data plane tells.
    mutating func read(_ dataPlane: DataPlane, startedAt: Int64, now: Int64) {
        uptimeSeconds = Double(now - startedAt) / 1e9
        unixSeconds = unixTime()
        turns = dataPlane.counters.value(.turns)
        systemCalls = dataPlane.counters.value(.systemCalls)
        drops = DropReason.allCases.map {
            NamedCount(name: "\($0)", description: $0.words, count: dataPlane.counters.value($0))
        }
    }
}

/// Seconds since 1970-01-01 UTC.
func unixTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// What to add to monotonic seconds to get seconds since 1970.
func unixOffset(now: Int64) -> Int64 { Int64(unixTime()) - now / 1_000_000_000 }

/// Seconds from a monotonic time to now; nil for never.
func age(_ nanoseconds: Int64, now: Int64) -> Double? {
    nanoseconds == 0 ? nil : Double(max(0, now - nanoseconds)) / 1e9
}
