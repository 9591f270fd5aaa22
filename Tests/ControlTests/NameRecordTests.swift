// SPDX-License-Identifier: GPL-2.0-or-later

@testable import Control
import Sockets
import Testing

struct NameRecordTests {
    static let second: UInt64 = 1_000_000_000
    let timing = NameTiming()

    @Test func backOffDoublesToItsLimit() {
        var record = NameRecord(now: 0)
        var now: UInt64 = 0
        var pauses: [UInt64] = []
        for _ in 0..<9 {
            record.begin(now: now)
            _ = record.finish(.failed("no"), isOtherAlive: false, now: now, timing: timing)
            pauses.append((record.due - now) / Self.second)
            now = record.due
        }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60])
        let hasChanged = record.finish(
            .addresses([IPAddress("192.0.2.1")!]), isOtherAlive: false, now: now, timing: timing)
        #expect(hasChanged && record.due == now + 300 * Self.second)
        _ = record.finish(.failed("no"), isOtherAlive: false, now: now, timing: timing)
        #expect(record.due == now + Self.second, "an answer ends the back-off")
    }

    @Test func wishes() {
        var record = NameRecord(now: 0)
        record.begin(now: 10 * Self.second)
        record.want(now: 11 * Self.second, timing: timing)
        _ = record.finish(
            .addresses([IPAddress("192.0.2.1")!]), isOtherAlive: false, now: 12 * Self.second, timing: timing)
        #expect(record.due == 15 * Self.second, "made while a query was under way")
        record.begin(now: 15 * Self.second)
        _ = record.finish(.failed("no"), isOtherAlive: false, now: 16 * Self.second, timing: timing)
        record.want(now: 30 * Self.second, timing: timing)
        #expect(record.due == 17 * Self.second, "later than the retry that is due anyway")
    }

    @Test(arguments: [true, false])
    func none(isOtherAlive: Bool) {
        var record = NameRecord(now: 0)
        _ = record.finish(.addresses([IPAddress("192.0.2.1")!]), isOtherAlive: false, now: 0, timing: timing)
        let hasChanged = record.finish(.none, isOtherAlive: isOtherAlive, now: 0, timing: timing)
        #expect(hasChanged == isOtherAlive)
        #expect(record.addresses.isEmpty == isOtherAlive)
        #expect((record.failure == nil) == isOtherAlive)
    }

    @Test func aChangedNetworkIsAskedAtOnce() {
        var record = NameRecord(now: 0)
        var now: UInt64 = 0
        for _ in 0..<7 {
            record.begin(now: now)
            _ = record.finish(.failed("no"), isOtherAlive: false, now: now, timing: timing)
            now = record.due
        }
        record.begin(now: now)
        _ = record.finish(.failed("no"), isOtherAlive: false, now: now, timing: timing)
        #expect(record.due == now + 60 * Self.second)
        record.retry(now: now + 10 * Self.second, timing: timing)
        #expect(record.due == now + 10 * Self.second)
        record.begin(now: record.due)
        record.retry(now: now + 10 * Self.second, timing: timing)
        #expect(record.due == now + 11 * Self.second, "not more than one a second")
        #expect(record.overtakes)
        record.begin(now: record.due)
        #expect(!record.overtakes)
        _ = record.finish(.failed("no"), isOtherAlive: false, now: now + 11 * Self.second, timing: timing)
        #expect(record.due == now + 12 * Self.second, "and with short pauses again")
    }

    @Test func aChangedNetworkLeavesAnswersAlone() {
        var record = NameRecord(now: 0)
        _ = record.finish(.addresses([IPAddress("192.0.2.1")!]), isOtherAlive: false, now: 0, timing: timing)
        record.retry(now: 10 * Self.second, timing: timing)
        #expect(record.due == 300 * Self.second)
    }
}
