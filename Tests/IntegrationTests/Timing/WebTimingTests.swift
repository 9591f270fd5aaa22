// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Testing

extension IntegrationTiming {
    @Suite struct WebTimingTests {
        @Test(arguments: Engine.available, [Engarde.End.client, .server])
        func aCrowdDoesNotDelayTraffic(engine: Engine, end: Engarde.End) throws {
            let rig = try Rig(engine, extra: Engarde.webManager, serverExtra: Engarde.webManager)
            let (sink, source) = (try rig.sink(echo: true), try rig.source())
            try rig.warmUp(source, sink, numbered: 0)
            let target = end == .client ? rig.client : rig.server
            try target.waitForStatus()
            let load = UDPLoad(perSecond: 20_000, size: 200, burst: 20, window: nil)
            var first: UInt64 = 1 << 20
            var (quiet, busy): ([Double], [Double]) = ([], [])
            var (lost, unanswered, asked, refused) = (0, 0, 0, 0)
            func run() throws -> Double {
                sink.forget()
                source.forget()
                let report = try load.run(from: source, into: sink, seconds: 2, first: first)
                lost += report.lost
                unanswered += report.sent - rig.answers(source, first: first, to: report)
                first += 1 << 20
                return report.delay(at: 0.99)
            }
            for _ in 0..<3 {
                quiet.append(try run())
                let crowd = try RudeCrowd(clients: 64, at: target.namespace, isIdle: true)
                Monotonic.sleep(seconds: 0.3)
                busy.append(try run())
                let told = crowd.stop()
                asked += told.answered
                refused += told.failed
            }
            func figures(_ values: [Double]) -> String { values.map { fixed($0, 2) }.joined(separator: ", ") }
            let ratio = busy.sorted()[1] / quiet.sorted()[1]
            print(
                """
                \(engine), crowd at the \(end): \(asked) requests answered and \(refused) not; \(lost) datagrams lost, \
                \(unanswered) unanswered; 99 % of delays below \(figures(quiet)) ms alone, \
                \(figures(busy)) ms in the crowd, medians \(fixed(ratio, 2)) ×
                """)
            #expect(lost == 0 && unanswered == 0, rig.words)
            #expect(asked > 500 && refused == 0)
            // Client, load, sink and both relays share the machine's processors here; what waits for a lock or a thread
            // of the web manager's would wait for many milliseconds.
            #expect(ratio < 3 || busy.sorted()[1] < 20, "\(quiet) \(busy)")
        }
    }
}
