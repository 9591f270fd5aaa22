// SPDX-License-Identifier: GPL-2.0-or-later

/// What became of a ``UDPLoad``.
public struct UDPReport: Sendable, CustomStringConvertible {
    public let sent: Int
    /// Datagrams the sender's own kernel did not take, part of `sent`.
    public let refused: Int
    public let unique: Int
    public let duplicates: Int
    /// Arrivals that were cut, changed, or never sent.
    public let strange: Int
    /// One-way delay of the first copy of each datagram, in milliseconds, smallest first.
    public let delays: [Double]

    public var lost: Int { sent - unique }

    init(sent: Int, refused: Int, first: UInt64, size: Int, arrivals: [UDPEnd.Arrival]) {
        self.sent = sent
        self.refused = refused
        var seen = [Bool](repeating: false, count: sent)
        var duplicates = 0
        var strange = 0
        var delays: [Double] = []
        for arrival in arrivals {
            guard let number = arrival.number, arrival.length == size else {
                strange += 1
                continue
            }
            // Another load's.
            guard number >= first, number - first < UInt64(sent) else { continue }
            let index = Int(number - first)
            if seen[index] {
                duplicates += 1
            } else {
                seen[index] = true
                delays.append(Double(arrival.nanoseconds - arrival.sentNanoseconds) / 1e6)
            }
        }
        unique = delays.count
        self.duplicates = duplicates
        self.strange = strange
        self.delays = delays.sorted()
    }

    /// The delay that `share` (0...1) of the datagrams stay below; infinite when nothing arrived.
    public func delay(at share: Double) -> Double {
        delays.isEmpty ? .infinity : delays[min(delays.count - 1, Int(Double(delays.count) * share))]
    }

    public var description: String {
        "\(sent) sent, \(lost) lost, \(duplicates) duplicates, \(strange) strange; delay ms: "
            + "median \(fixed(delay(at: 0.5), 3)), 99.9 % \(fixed(delay(at: 0.999), 3)), "
            + "most \(fixed(delays.last ?? .infinity, 3))"
    }
}
