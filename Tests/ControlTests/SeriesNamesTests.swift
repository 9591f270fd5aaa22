// SPDX-License-Identifier: GPL-2.0-or-later

import Sockets
import Testing

@testable import Control

@Suite struct SeriesNamesTests {
    private static let second: Int64 = 1_000_000_000

    /// A path heard until `heard` seconds.
    private func path(
        _ host: String, _ port: UInt16, since: Int64, heard: Int64, session: UInt64 = 7
    ) -> SeriesNames.Path {
        SeriesNames.Path(
            address: SocketAddress(IPAddress(host)!, port: port), since: since * Self.second,
            lastReceived: heard * Self.second, session: session)
    }

    private func names(_ names: SeriesNames, _ paths: [SeriesNames.Path]) -> [String?] {
        paths.map { names.name(of: $0.address) }
    }

    @Test("A NAT gives the path another port: the new one goes on under the old one's name")
    func rebinding() {
        var series = SeriesNames()
        for round in 0..<30 as Range<Int64> {
            let now = 10 * round + 9
            let old = path("192.0.2.1", 1_000 + UInt16(round), since: now - 9, heard: now)
            series.update(sessions: [7], paths: [old], now: now * Self.second)
            #expect(names(series, [old]) == ["192.0.2.1"])
            // The old one is still there for as long as clientTimeout.
            let new = path("192.0.2.1", 1_001 + UInt16(round), since: now + 1, heard: now + 2)
            series.update(sessions: [7], paths: [old, new], now: (now + 2) * Self.second)
            #expect(names(series, [old, new]) == [nil, "192.0.2.1"])
        }
    }

    @Test("Two links behind one address keep a name each, also when one of them gets another port")
    func twins() {
        var series = SeriesNames()
        let (one, two) = (path("2001:db8::1", 1, since: 1, heard: 20), path("2001:db8::1", 2, since: 2, heard: 19))
        series.update(sessions: [7], paths: [one, two], now: 20 * Self.second)
        #expect(names(series, [one, two]) == ["2001:db8::1", "2001:db8::1#2"])
        // The second is heard no more.
        let (later, third) = (path("2001:db8::1", 1, since: 1, heard: 26), path("2001:db8::1", 3, since: 25, heard: 26))
        series.update(sessions: [7], paths: [later, two, third], now: 26 * Self.second)
        #expect(names(series, [later, two, third]) == ["2001:db8::1", nil, "2001:db8::1#2"])
        series.update(sessions: [7], paths: [later, third], now: 50 * Self.second)
        #expect(names(series, [later, third]) == ["2001:db8::1", "2001:db8::1#2"])
        // The first is gone for good before another comes.
        let fourth = path("2001:db8::1", 4, since: 60, heard: 61)
        series.update(sessions: [7], paths: [path("2001:db8::1", 3, since: 25, heard: 61), fourth], now: 61 * Self.second)
        #expect(names(series, [third, fourth]) == ["2001:db8::1#2", "2001:db8::1"])
    }

    @Test("A path that was taken to be over and is heard again has a name again")
    func notOver() {
        var series = SeriesNames()
        let quiet = path("192.0.2.1", 1, since: 1, heard: 5)
        let new = path("192.0.2.1", 2, since: 6, heard: 7)
        series.update(sessions: [7], paths: [quiet], now: 5 * Self.second)
        series.update(sessions: [7], paths: [quiet, new], now: 7 * Self.second)
        #expect(names(series, [quiet, new]) == [nil, "192.0.2.1"])
        let paths = [path("192.0.2.1", 1, since: 1, heard: 8), path("192.0.2.1", 2, since: 6, heard: 8)]
        series.update(sessions: [7], paths: paths, now: 8 * Self.second)
        #expect(names(series, paths) == ["192.0.2.1#2", "192.0.2.1"])
        series.update(sessions: [7], paths: paths, now: 9 * Self.second)
        #expect(names(series, paths) == ["192.0.2.1#2", "192.0.2.1"])
    }

    @Test("The same address in two sessions is two names that need no number")
    func sessionsApart() {
        var series = SeriesNames()
        let paths = [path("192.0.2.1", 1, since: 1, heard: 2), path("192.0.2.1", 2, since: 1, heard: 2, session: 8)]
        series.update(sessions: [8, 7], paths: paths, now: 2 * Self.second)
        #expect(names(series, paths) == ["192.0.2.1", "192.0.2.1"])
        #expect([7, 8, 9].map { series.number(ofSession: $0) } == [1, 2, nil])
    }

    @Test("A client that was away for a minute has its number again; another one does not get it before an hour is over")
    func numbers() {
        var series = SeriesNames()
        func update(_ sessions: [(id: UInt64, host: String)], at now: Int64) {
            series.update(
                sessions: sessions.map(\.id),
                paths: sessions.map { path($0.host, 1, since: now, heard: now, session: $0.id) },
                now: now * Self.second)
        }
        update([(3, "192.0.2.3"), (5, "192.0.2.5")], at: 10)
        update([(5, "192.0.2.5")], at: 40)
        #expect([3, 5].map { series.number(ofSession: $0) } == [nil, 2])
        update([(5, "192.0.2.5"), (90, "192.0.2.90"), (91, "192.0.2.3")], at: 60)
        #expect([5, 90, 91].map { series.number(ofSession: $0) } == [2, 3, 1])
        update([(5, "192.0.2.5")], at: 70)
        update([(5, "192.0.2.5"), (100, "192.0.2.100")], at: 3_659)
        #expect([5, 100].map { series.number(ofSession: $0) } == [2, 4])
        update([(5, "192.0.2.5")], at: 3_660)
        update([(5, "192.0.2.5"), (101, "192.0.2.101")], at: 7_200)
        #expect([5, 101].map { series.number(ofSession: $0) } == [2, 1])
    }
}
