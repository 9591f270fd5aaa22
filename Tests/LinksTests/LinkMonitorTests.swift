// SPDX-License-Identifier: GPL-2.0-or-later

import Dispatch
import Glibc
@testable import Links
import Sockets
import Support
import Testing
import Timing

/// The real kernel, in namespaces made for it.
///
///     namespace:  v0 ═══ v1   (veth, both ends in the same one)
@Suite(.serialized, .enabled(if: Namespace.isAvailable), .timeLimit(.minutes(10)))
struct LinkMonitorTests {
    let namespace: Namespace
    let recorder = Recorder()
    let queue = DispatchQueue(label: "links test")

    init() throws {
        namespace = try Namespace()
        namespace.ip("link add v0 type veth peer name v1")
    }

    func monitor(_ source: LinkSource = .netlink, receiveBufferBytes: Int32 = 4 << 20) throws -> LinkMonitor {
        try namespace.run { [queue, recorder] in
            Result {
                try LinkMonitor(queue: queue, source: source, receiveBufferBytes: receiveBufferBytes) {
                    recorder.record($0)
                }
            }
        }.get()
    }

    func snapshot() throws -> InterfaceTable {
        try namespace.run { Result { try LinkMonitor.snapshot() } }.get()
    }

    /// Does `act` and waits for the report that satisfies the condition; prints how long after it came, which is held
    /// against the limit where time is measured.
    func time(
        _ what: String, limitMilliseconds: UInt64 = 500, sourceLocation: SourceLocation = #_sourceLocation,
        _ act: () -> Void, until condition: (InterfaceTable) -> Bool
    ) throws {
        let before = recorder.all.count
        let begin = DispatchTime.now()
        act()
        let report = try recorder.first(
            after: before, Comment(rawValue: what), sourceLocation: sourceLocation
        ) { condition($0.table) }
        let microseconds = (report.at.uptimeNanoseconds - begin.uptimeNanoseconds) / 1000
        print("links: \(what): reported \(microseconds) µs after the change began")
        guard Timing.isWanted else { return }
        #expect(microseconds < limitMilliseconds * 1000, sourceLocation: sourceLocation)
    }

    func setUp(_ name: String, _ isUp: Bool) {
        namespace.ioctl(0x8914 /* SIOCSIFFLAGS */, name) { $0.ifr_ifru.ifru_flags = isUp ? Int16(IFF_UP) : 0 }
    }

    func setAddress(_ name: String, _ text: String) {
        let address = SocketAddress(IPAddress(text)!, port: 0)
        namespace.ioctl(0x8916 /* SIOCSIFADDR */, name) { request in
            request.ifr_ifru.ifru_addr = withUnsafeBytes(of: address) { $0.loadUnaligned(as: sockaddr.self) }
        }
    }

    @Test func changesAreSeen() throws {
        let monitor = try monitor()
        defer { monitor.stop() }
        let first = try recorder.first("the first table") { _ in true }
        #expect(first.change.table.interfaces.map(\.name).suffix(2) == ["v1", "v0"])
        #expect(!monitor.isPolling && monitor.modeDescription == "netlink")
        let index = try #require(first.change.table.interface(named: "v0")?.index)

        try time("up") { setUp("v0", true) } until: { $0[index]!.isAdministrativelyUp }
        try time("carrier") { setUp("v1", true) } until: { $0[index]!.hasCarrier }
        try time("address") { setAddress("v0", "192.0.2.1") } until: {
            $0[index]!.addresses.contains { $0.ip == IPAddress("192.0.2.1") }
        }
        try time("IPv6 address (by ip)") { namespace.ip("address add 2001:db8::1/64 dev v0 nodad") } until: {
            $0[index]!.addresses.contains { $0.ip == IPAddress("2001:db8::1") && $0.isEligible }
        }
        try time("address gone (by ip)") { namespace.ip("address del 192.0.2.1/24 dev v0") } until: {
            !$0[index]!.addresses.contains { $0.ip.family == .v4 }
        }
        // The kernel looks at lost carriers once a second for the whole machine, when it has just had to look
        // (net/core/link_watch.c, linkwatch_schedule_work()); a carrier that comes is seen at once.
        try time("carrier lost", limitMilliseconds: 1500) { setUp("v1", false) } until: {
            !$0[index]!.hasCarrier
        }
        try time("down") { setUp("v0", false) } until: { !$0[index]!.isAdministrativelyUp }
        try time("rename") {
            namespace.ioctl(0x8923 /* SIOCSIFNAME */, "v0") { request in
                withUnsafeMutableBytes(of: &request.ifr_ifru) { $0.copyBytes(from: "wan0".utf8) }
            }
        } until: { $0[index]?.name == "wan0" }
        try time("removed (by ip)") { namespace.ip("link del wan0") } until: {
            $0.interfaces.allSatisfy { !$0.name.hasPrefix("wan") && !$0.name.hasPrefix("v") }
        }
        try time("made again (by ip)") { namespace.ip("link add wan0 type veth peer name v1") } until: {
            $0.interface(named: "wan0").map { $0.index > index } ?? false
        }
        #expect(recorder.all.last?.change.table == (try snapshot()))
    }

    /// The same, each change within its limit.
    @Test(.timing, .onlyWhenTiming) func timingOfChanges() throws { try changesAreSeen() }

    /// The dump that follows a doubt brings nothing new when all is well, and then reports nothing.
    @Test func quietWhenNothingChanges() throws {
        let monitor = try monitor()
        defer { monitor.stop() }
        _ = try recorder.first("the first table") { _ in true }
        setUp("v0", true)
        setUp("v1", true)
        // Duplicate address detection takes its second; what it ends with is the last news for a while.
        _ = try recorder.first("link-local addresses") { change in
            ["v0", "v1"].allSatisfy { name in
                change.table.interface(named: name)!.addresses
                    .contains { $0.ip.isLinkLocal && !$0.isTentative }
            }
        }
        let tables = recorder.all.map(\.change.table)
        #expect(zip(tables, tables.dropFirst()).allSatisfy { $0 != $1 })
        #expect(tables.last == (try snapshot()))
    }

    @Test func overrun() throws {
        // 2,304 bytes, the least the kernel grants, hold about three notifications.
        let monitor = try monitor(receiveBufferBytes: 1)
        defer { monitor.stop() }
        _ = try recorder.first("the first table") { _ in true }
        let lines = (0..<400).map { "address add 10.0.\($0 / 250).\($0 % 250 + 1)/24 dev v0" }
        // Nobody reads while the addresses come and go.
        queue.suspend()
        namespace.ipBatch(lines)
        namespace.ipBatch((0..<150).map { "address del 10.0.0.\($0 + 1)/24 dev v0" }.reversed())
        namespace.ip("link del v0")
        namespace.ip("link add v0 type veth peer name v1")
        namespace.ipBatch(lines.suffix(120))
        queue.resume()
        let truth = try snapshot()
        _ = try recorder.first("the table after the overrun") { $0.table == truth }
        #expect(queue.sync { monitor.mirror.overruns } > 0)
        #expect(truth.interface(named: "v0")?.addresses.count == 120)
    }

    @Test func overrunWhileReading() throws {
        let monitor = try monitor(receiveBufferBytes: 1)
        defer { monitor.stop() }
        _ = try recorder.first("the first table") { _ in true }
        namespace.ipBatch((0..<500).map { "address add 10.0.\($0 / 250).\($0 % 250 + 1)/24 dev v0" })
        namespace.ipBatch((0..<250).map { "address del 10.0.1.\($0 + 1)/24 dev v0" }.reversed())
        let truth = try snapshot()
        _ = try recorder.first("the table after the storm") { $0.table == truth }
        #expect(truth.interface(named: "v0")?.addresses.count == 250)
    }

    @Test func routes() throws {
        let monitor = try monitor()
        defer { monitor.stop() }
        _ = try recorder.first("the first table") { _ in true }
        setUp("v0", true)
        setUp("v1", true)
        setAddress("v0", "192.0.2.1")
        _ = try recorder.first("the address") {
            $0.table.interface(named: "v0")!.addresses.contains { $0.ip.family == .v4 }
        }
        monitor.watchRoutes(true)
        queue.sync {}
        let before = recorder.all.count
        // However long the burst takes here, to the monitor it comes at once.
        queue.suspend()
        namespace.ipBatch((0..<200).map { "route add 10.\($0).0.0/16 via 192.0.2.9" })
        queue.resume()
        _ = try recorder.first(after: before, "the routes") { $0.routesChanged }
        monitor.watchRoutes(false)
        queue.sync {}
        #expect(recorder.all.filter(\.change.routesChanged).count < 20, "a burst is a few reports")
        let first = recorder.all.prefix(before).filter(\.change.routesChanged)
        #expect(first.isEmpty, "not asked for")
    }

    @Test func pollingSeesTheSame() throws {
        namespace.ip("link set lo up")
        namespace.ip("link add br0 type bridge")
        namespace.ip("tuntap add t0 mode tun")
        namespace.ip("link set v0 up")
        namespace.ip("link set v1 up")
        for address in [
            "192.0.2.1/24", "192.0.2.2/24", "10.1.1.1/30", "198.51.100.1 peer 198.51.100.2/32",
            "198.51.100.1 peer 198.51.100.3/32",
        ] {
            namespace.ip("address add \(address) dev v0")
        }
        namespace.ip("address add 203.0.113.1/28 dev v0 label v0:1")
        namespace.ip("address add 2001:db8::2/64 dev v0 nodad")
        namespace.ip("address add 2001:db8::1/64 dev v0 nodad preferred_lft 0")
        let monitor = try monitor(.polling)
        defer { monitor.stop() }
        #expect(monitor.isPolling && monitor.modeDescription.hasPrefix("polling once a second, because"))
        let deadline = DispatchTime.now() + Patience.seconds
        // Link-local addresses lose their tentative state meanwhile, so both are asked until they agree.
        while recorder.all.last?.change.table != (try snapshot()), DispatchTime.now() < deadline {
            usleep(20_000)
        }
        let truth = try snapshot()
        #expect(recorder.all.last?.change.table == truth)
        #expect(truth.interface(named: "t0")?.kind == "tun")
        #expect(truth.interface(named: "v0")?.addresses.count == 8, "and one link-local")

        let before = recorder.all.count
        namespace.ip("link del br0")
        _ = try recorder.first(after: before, "the removal") { $0.table.interface(named: "br0") == nil }
    }

    @Test func fallsBackWhereNetlinkIsRefused() throws {
        guard namespace.refuseNetlink() else {
            return print("links: no seccomp here, the fallback is not tested")
        }
        #expect(throws: Errno(EPERM)) { try self.monitor(.netlink) }
        #expect(try snapshot().interface(named: "v0")?.kind == "veth")
        let monitor = try monitor(.automatic)
        defer { monitor.stop() }
        #expect(monitor.isPolling)
        #expect(monitor.modeDescription.contains("Operation not permitted"))
        let first = try recorder.first("the first table") { _ in true }
        #expect(first.change.table == (try snapshot()))
        try time("up, address and all, when polling", limitMilliseconds: 3000) {
            setUp("v1", true)
            setUp("v0", true)
            setAddress("v0", "192.0.2.1")
            monitor.watchRoutes(true)
        } until: { table in
            let v0 = table.interface(named: "v0")!
            return v0.hasCarrier && v0.addresses.contains { $0.ip == IPAddress("192.0.2.1") }
        }
    }

    @Test func stopEndsReports() throws {
        let monitor = try monitor()
        _ = try recorder.first("the first table") { _ in true }
        queue.sync { monitor.stop() }
        let before = recorder.all.count
        setUp("v0", true)
        queue.sync {}
        #expect(recorder.all.count == before)
    }

    /// A monitor that nobody keeps does not live on in its sources.
    @Test func letGo() throws {
        weak var gone: LinkMonitor?
        do {
            let monitor = try monitor()
            gone = monitor
            _ = try recorder.first("the first table") { _ in true }
        }
        queue.sync {}
        #expect(gone == nil)
    }
}
