// SPDX-License-Identifier: GPL-2.0-or-later

import Settings
import Control
import Dispatch
import Sockets
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(10)))
struct NameResolverTests {
    let names = FakeNames()
    let queue = DispatchQueue(label: "resolver test")
    let changes = Changes()

    /// What the callback was told, newest last.
    final class Changes: Sendable {
        let all = Mutex<[(host: String, addresses: [IPAddress])]>([])
        let signal = Signal()

        func add(_ host: String, _ addresses: [IPAddress]) {
            all.withLock { $0.append((host, addresses)) }
            signal.raise()
        }

        func of(_ host: String) -> [[String]] {
            all.withLock { $0.filter { $0.host == host }.map { $0.addresses.map(\.description) } }
        }
    }

    /// Thousandths of what is in force: a second is a millisecond.
    static var quick: NameTiming {
        var timing = NameTiming()
        timing.retryNanosecondsMin /= 1000
        timing.retryNanosecondsMax /= 1000
        timing.refreshNanoseconds /= 1000
        timing.spacingNanoseconds /= 1000
        timing.eventSpacingNanoseconds /= 1000
        return timing
    }

    static func slow(_ change: (inout NameTiming) -> Void) -> NameTiming {
        var timing = NameTiming()
        change(&timing)
        return timing
    }

    func resolver(_ timing: NameTiming = quick) -> NameResolver {
        NameResolver(queue: queue, timing: timing, lookup: names.lookup) { [changes] in changes.add($0, $1) }
    }

    static func addresses(_ texts: String...) -> NameAnswer { .addresses(texts.map { IPAddress($0)! }) }

    func name(_ host: String) -> HostPort { HostPort(host: host, port: 51820) }

    @Test func literalsAskNobody() {
        let resolver = resolver()
        defer { resolver.stop() }
        resolver.watch([name("192.0.2.1"), name("2001:db8::1"), name("")])
        resolver.refresh(name("192.0.2.1"))
        #expect(resolver.addresses(of: name("192.0.2.1")).map(\.description) == ["192.0.2.1"])
        #expect(resolver.addresses(of: name("2001:db8::1")).map(\.description) == ["2001:db8::1"])
        #expect(resolver.addresses(of: name("")).map(\.description) == ["127.0.0.1", "::1"])
        #expect(names.state.withLock { $0.queries } == [])
    }

    @Test func bothFamilies() {
        names.answer("a", v4: Self.addresses("192.0.2.1"), v6: Self.addresses("2001:db8::1"))
        let resolver = resolver()
        defer { resolver.stop() }
        #expect(resolver.addresses(of: name("a")) == [])
        resolver.watch([name("a")])
        #expect(changes.signal.wait { changes.of("a").last == ["192.0.2.1", "2001:db8::1"] })
        #expect(resolver.addresses(of: name("a")).count == 2)
        #expect(resolver.failure(of: name("a")) == nil)
    }

    @Test func aChangedNetworkOvertakesAQueryThatHangs() {
        names.hang("a")
        let resolver = resolver(Self.slow { $0.eventSpacingNanoseconds = 1 })
        defer { resolver.stop() }
        resolver.watch([name("a")])
        #expect(names.changed.wait { names.count("a") == 2 })
        names.answer("a", v4: Self.addresses("192.0.2.1"), v6: Self.addresses("2001:db8::1"))
        _ = names.state.withLock { $0.hanging.remove("a") }
        resolver.retryUnanswered()
        #expect(changes.signal.wait { changes.of("a").last?.count == 2 }, "the old queries hang still")
        names.release("a")
        #expect(names.changed.wait { names.state.withLock { $0.underWay.values.allSatisfy { $0 == 0 } } })
        #expect(resolver.addresses(of: name("a")).count == 2)
    }

    @Test func queriesThatHangAreFew() {
        names.hang("a")
        let resolver = resolver(Self.slow { $0.eventSpacingNanoseconds = 1 })
        defer { resolver.stop() }
        resolver.watch([name("a")])
        #expect(names.changed.wait { names.count("a") == 2 })
        for _ in 0..<50 { resolver.retryUnanswered() }
        #expect(names.changed.wait { names.count("a") == 6 })
        for _ in 0..<50 { resolver.retryUnanswered() }
        #expect(names.state.withLock { $0.underWayMax } == 3)
        for _ in 0..<3 { names.release("a") }
    }

    @Test func hangingNameDelaysNoOther() {
        names.hang("slow")
        names.answer("slow", v4: Self.addresses("192.0.2.7"))
        names.answer("fast", v4: Self.addresses("192.0.2.8"))
        let resolver = resolver()
        defer { resolver.stop() }
        resolver.watch([name("slow"), name("fast")])
        #expect(changes.signal.wait { changes.of("fast") == [["192.0.2.8"]] })
        // Refreshing, forgetting and watching anew begins no second query beside the first.
        for _ in 0..<5 {
            resolver.refresh(name("slow"))
            resolver.watch([name("fast")])
            resolver.watch([name("slow"), name("fast")])
        }
        #expect(names.changed.wait { names.count("fast") >= 6 })
        #expect(names.count("slow") == 2 && changes.of("slow") == [])
        #expect(names.state.withLock { $0.underWayMax } == 1)
        names.release("slow")
        #expect(changes.signal.wait { changes.of("slow") == [["192.0.2.7"]] })
    }

    @Test func failuresKeepTheLastGoodAnswer() {
        names.answer("a", v4: Self.addresses("192.0.2.1"), v6: .none)
        let resolver = resolver()
        defer { resolver.stop() }
        resolver.watch([name("a")])
        #expect(changes.signal.wait { changes.of("a") == [["192.0.2.1"]] })
        names.answer("a", v4: .failed("server is on fire"), v6: .failed("server is on fire"))
        resolver.refresh(name("a"))
        #expect(names.changed.wait {
            resolver.failure(of: name("a")) == "server is on fire" && names.count("a") > 8
        })
        #expect(resolver.addresses(of: name("a")).map(\.description) == ["192.0.2.1"])
        #expect(changes.of("a").count == 1, "nothing has changed")
        names.answer("a", v4: .none, v6: .none)
        let before = names.count("a")
        #expect(names.changed.wait { names.count("a") > before + 4 })
        #expect(resolver.addresses(of: name("a")).count == 1, "a name that has gone keeps its addresses")
    }

    @Test func recoversAfterFailure() {
        let resolver = resolver()
        defer { resolver.stop() }
        resolver.watch([name("a")])
        #expect(names.changed.wait { names.count("a") >= 4 })
        #expect(resolver.failure(of: name("a")) == "no server" && resolver.addresses(of: name("a")) == [])
        names.answer("a", v4: Self.addresses("192.0.2.1"))
        #expect(changes.signal.wait { changes.of("a") == [["192.0.2.1"]] })
        #expect(resolver.failure(of: name("a")) == nil)
    }

    @Test func tellsOnlyOfAnotherSet() {
        names.answer("a", v4: Self.addresses("192.0.2.1", "192.0.2.2"))
        let resolver = resolver()
        defer { resolver.stop() }
        resolver.watch([name("a")])
        #expect(changes.signal.wait { changes.of("a").count == 1 })
        names.answer("a", v4: Self.addresses("192.0.2.2", "192.0.2.1"))
        let before = names.count("a")
        resolver.refresh(name("a"))
        #expect(names.changed.wait { names.count("a") >= before + 4 })
        #expect(changes.of("a").count == 1, "another order is the same set")
        names.answer("a", v4: Self.addresses("192.0.2.3", "192.0.2.2"))
        #expect(changes.signal.wait { changes.of("a").count == 2 })
        #expect(changes.of("a").last == ["192.0.2.2", "192.0.2.3"], "what is in use stays in front")
    }

    @Test func refreshIsSpaced() {
        names.answer("a", v4: Self.addresses("192.0.2.1"), v6: Self.addresses("2001:db8::1"))
        let resolver = resolver(Self.slow { $0.spacingNanoseconds = 5_000_000_000 })
        defer { resolver.stop() }
        resolver.watch([name("a")])
        #expect(changes.signal.wait { changes.of("a").last?.count == 2 })
        let begin = DispatchTime.now()
        for _ in 0..<100 { resolver.refresh(name("a")) }
        #expect(names.count("a") == 2)
        #expect(names.changed.wait { names.count("a") == 4 }, "the wish is kept")
        let waited = DispatchTime.now().uptimeNanoseconds - begin.uptimeNanoseconds
        #expect(waited > 100_000_000)
    }

    @Test func forgottenNamesAreNotAskedFor() {
        names.answer("a", v4: Self.addresses("192.0.2.1"))
        names.answer("b", v4: Self.addresses("192.0.2.2"))
        let resolver = resolver()
        defer { resolver.stop() }
        resolver.watch([name("a")])
        #expect(changes.signal.wait { changes.of("a").count == 1 })
        resolver.watch([name("b")])
        #expect(resolver.addresses(of: name("a")) == [])
        // A query of "a" may have been under way; after it none comes.
        let before = names.count("a") + 2
        let asked = names.count("b")
        #expect(names.changed.wait { names.count("b") > asked + 4 })
        #expect(names.count("a") <= before)
    }

    @Test func stopEndsCallbacks() {
        names.hang("a")
        names.answer("a", v4: Self.addresses("192.0.2.1"))
        let resolver = resolver()
        resolver.watch([name("a")])
        #expect(names.changed.wait { names.count("a") == 2 })
        resolver.stop()
        names.release("a")
        resolver.watch([name("b")])
        queue.sync {}
        #expect(changes.of("a") == [] && names.count("b") == 0)
    }

    /// The system's own lookup, as far as it needs no network.
    @Test func systemKnowsLocalhost() {
        #expect(NameAnswer.system("localhost", .v4) == .addresses([IPAddress("127.0.0.1")!]))
        #expect(NameAnswer.system("192.0.2.1", .v6) == .none)
    }
}
