// SPDX-License-Identifier: GPL-2.0-or-later

internal import Sockets

/// What is known of one name and one family, and when to ask again. Pure: times are handed in, in nanoseconds
/// of one monotonic clock.
struct NameRecord {
    /// The last good answer.
    private(set) var addresses: [IPAddress] = []
    /// Why there was no answer the last time.
    private(set) var failure: String?
    /// When to ask next, unless a query is under way.
    private(set) var due: UInt64
    private var begun: UInt64?
    private var failures = 0
    private var isWanted = false
    /// Whether a query under way is no reason to wait: it was begun in another network.
    private(set) var overtakes = false

    /// A name that is to be asked for at once.
    init(now: UInt64) { due = now }

    /// Whether there has been an answer that no failure has followed.
    var isAlive: Bool { !addresses.isEmpty && failures == 0 }

    mutating func begin(now: UInt64) {
        begun = now
        isWanted = false
        overtakes = false
    }

    /// Asks for a query soon, as far as the spacing allows.
    mutating func want(now: UInt64, timing: NameTiming) {
        isWanted = true
        due = min(due, soonest(now: now, timing: timing))
    }

    /// Asks at once, as far as the spacing allows, and begins with short pauses again: what failed before may not fail
    /// in the network as it is now.
    mutating func retry(now: UInt64, timing: NameTiming) {
        guard !isAlive else { return }
        failures = 0
        overtakes = true
        due = max(now, begun.map { $0 + timing.eventSpacingNanoseconds } ?? now)
    }

    /// Takes in the answer to the query that was begun. Returns whether the set of addresses has changed.
    ///
    /// - Parameter isOtherAlive: whether the name is known to exist by an address of the other family. Only
    ///   then does "none" take addresses away: a name that is gone altogether is more often a captive
    ///   portal's doing.
    mutating func finish(_ answer: NameAnswer, isOtherAlive: Bool, now: UInt64, timing: NameTiming) -> Bool {
        let before = addresses
        switch answer {
        case .addresses(let new):
            // Those in use stay in front, so that a name server that deals its answers round moves no link.
            addresses = before.filter(new.contains) + new.filter { !before.contains($0) }
            succeed(now, timing)
        case .none where isOtherAlive:
            addresses = []
            succeed(now, timing)
        case .none: fail("no such name, or no address", now, timing)
        case .failed(let text): fail(text, now, timing)
        }
        if isWanted { due = min(due, soonest(now: now, timing: timing)) }
        return Set(before) != Set(addresses)
    }

    private func soonest(now: UInt64, timing: NameTiming) -> UInt64 {
        max(now, begun.map { $0 + timing.spacingNanoseconds } ?? now)
    }

    private mutating func succeed(_ now: UInt64, _ timing: NameTiming) {
        failures = 0
        failure = nil
        due = now + timing.refreshNanoseconds
    }

    private mutating func fail(_ text: String, _ now: UInt64, _ timing: NameTiming) {
        let pause = timing.retryNanosecondsMin << UInt64(min(failures, 16))
        failures += 1
        failure = text
        due = now + min(pause, timing.retryNanosecondsMax)
    }
}
