// SPDX-License-Identifier: GPL-2.0-or-later

/// Numbered datagrams at a steady rate from one end to another, and what became of each.
public struct UDPLoad {
    public var perSecond: Int
    public var size: Int
    /// Datagrams that leave together, so that batches are met; the rate stays the same.
    public var burst: Int

    public init(perSecond: Int, size: Int, burst: Int = 1) {
        self.perSecond = perSecond
        self.size = size
        self.burst = burst
    }

    /// Sends for `seconds`, waits for stragglers, and counts what `sink` heard of it.
    ///
    /// - Parameters:
    ///   - source: connected to where the datagrams go.
    ///   - first: the number of the first datagram; a second load into the same sink needs fresh numbers.
    ///   - meanwhile: called on this thread after each burst with the seconds gone by; must return at once.
    public func run(
        from source: UDPEnd, into sink: UDPEnd, seconds: Double, first: UInt64 = 0, settle: Double = 0.3,
        meanwhile: ((Double) throws -> Void)? = nil
    ) throws -> UDPReport {
        let start = Monotonic.nanoseconds
        let total = Int(Double(perSecond) * seconds)
        let step = 1_000_000_000 * Int64(burst) / Int64(perSecond)
        var refused = 0
        var number = 0
        while number < total {
            Monotonic.sleep(until: start + Int64(number / burst) * step)
            for _ in 0..<min(burst, total - number) {
                let bytes = LoadDatagram.make(
                    number: first + UInt64(number), size: size, nanoseconds: Monotonic.nanoseconds)
                if !source.send(bytes) { refused += 1 }
                number += 1
            }
            try meanwhile?(Double(Monotonic.nanoseconds - start) / 1e9)
        }
        _ = sink.wait(seconds: settle) { _ in false }
        return UDPReport(sent: total, refused: refused, first: first, size: size, arrivals: sink.arrivals)
    }
}
