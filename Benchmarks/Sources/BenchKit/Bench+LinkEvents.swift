// SPDX-License-Identifier: GPL-2.0-or-later

internal import CBench
internal import Glibc
internal import Support

extension Bench {
    /// Takes the second of three links down and up again, `count` times.
    ///
    /// - Parameter source: how the variant learns of links; only told to the caller's figures.
    package func linkEvents(_ variant: Variant, source: String, count: Int) throws -> [LinkEvent] {
        let laboratory = try laboratory(links: Plan.links)
        let link = laboratory.links[1]
        let relays = try Relays(variant, in: laboratory, cores: cores)
        defer { relays.stop() }
        let ends = try Ends(laboratory)
        try ends.shakeHands(laboratory, relays)
        let flow = Flow()
        ends.aim(flow, .up)
        flow.state.size = UInt32(Plan.size)
        flow.state.rate = 2_000
        let load = try BackgroundLoad(flow)
        defer { load.stop() }
        var events: [LinkEvent] = []
        for repetition in 0..<count {
            let capture = try laboratory.server.inside { cbench_open_capture(link.farName) }
            guard capture >= 0 else {
                throw LaboratoryFailure("cannot watch \(link.farName): errno \(-capture)")
            }
            defer { close(capture) }
            var last = next(capture, seconds: Patience.seconds)
            guard last > 0 else { throw LaboratoryFailure("\(link.name) carries nothing") }
            let refusedBefore = try refusals(laboratory.client)
            let down = try link.down()
            let lastTry = try lastRefusal(laboratory.client, refusedBefore, seconds: 3) ?? down
            while case let stamp = next(capture, seconds: 0.05), stamp > 0 { last = stamp }
            let up = try link.up()
            let configured = Monotonic.nanoseconds
            let first = next(capture, seconds: Patience.seconds)
            guard first > 0 else {
                throw LaboratoryFailure(
                    "\(variant.name) sends nothing over \(link.name) \(Patience.seconds) s after it came back")
            }
            func milliseconds(_ from: Int64, _ to: Int64) -> Double { Double(to - from) / 1e6 }
            events.append(
                LinkEvent(
                    variant: variant.name, source: source, repetition: repetition,
                    lastCopy: milliseconds(down, last),
                    lastTry: milliseconds(down, lastTry), firstCopy: milliseconds(up, first),
                    configured: milliseconds(up, configured)))
        }
        return events
    }

    private func next(_ capture: Int32, seconds: Double) -> Int64 {
        cbench_capture_next(capture, UInt16(Laboratory.serverPort), Monotonic.deadline(seconds: seconds))
    }

    /// The moment of the last datagram that was refused for want of a route, once none has been for 0.2 s;
    /// nil when none was at all.
    private func lastRefusal(_ namespace: Namespace, _ before: Int, seconds: Double) throws -> Int64? {
        var count = before
        var last: Int64?
        let end = Monotonic.deadline(seconds: seconds)
        var quietSince = Monotonic.nanoseconds
        while Monotonic.nanoseconds < end, Monotonic.nanoseconds - quietSince < 200_000_000 {
            let now = try refusals(namespace)
            if now != count {
                count = now
                quietSince = Monotonic.nanoseconds
                last = quietSince
            }
            Monotonic.sleep(seconds: 0.000_5)
        }
        return last
    }

    /// `OutNoRoutes` of a namespace: datagrams for which there was no way out.
    private func refusals(_ namespace: Namespace) throws -> Int {
        let text = try namespace.inside { readText("/proc/thread-self/net/snmp") }
        let lines = text.split(separator: "\n").filter { $0.hasPrefix("Ip:") }.map {
            $0.split(separator: " ")
        }
        guard lines.count == 2, let column = lines[0].firstIndex(of: "OutNoRoutes"), column < lines[1].count
        else {
            return 0
        }
        return Int(lines[1][column]) ?? 0
    }
}
