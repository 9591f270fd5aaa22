// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Status
import Support
import Testing

@testable import WebManager

@Suite struct MetricsTests {
    private static let kinds = ["counter", "gauge"]

    @Test func escaping() {
        var text = MetricsText()
        text.add(
            "engarde_test", .gauge, "Back\\slash and\nline.",
            [
                MetricsText.Sample(labels: [("a", "q\"uo\\te\n"), ("b", "é")], value: 1),
                MetricsText.Sample(labels: [], value: 0.5), MetricsText.Sample(labels: [], value: .nan),
                MetricsText.Sample(labels: [], value: -.infinity), MetricsText.Sample(labels: [], value: 1e18),
            ])
        text.add("engarde_absent", .gauge, "Of nothing.", nil)
        #expect(
            text.text == """
                # HELP engarde_test Back\\\\slash and\\nline.
                # TYPE engarde_test gauge
                engarde_test{a="q\\"uo\\\\te\\n",b="é"} 1
                engarde_test 0.5
                engarde_test NaN
                engarde_test -Inf
                engarde_test 1000000000000000000

                """)
    }

    @Test func figures() async {
        let client = MetricsText(await FakeClient().status()).text
        for line in [
            #"engarde_link_loss_ratio{link="eth0"} 0.005"#, #"engarde_link_win_ratio{link="eth0"} 0.75"#,
            #"engarde_link_delay_p99_seconds{link="eth0"} 0.0125"#,
            #"engarde_link_jitter_seconds{link="eth0"} 0.0015"#,
            #"engarde_link_received_bytes_total{link="eth0"} 1200000"#,
            #"engarde_link_state{link="wwan0",state="silent"} 1"#, #"engarde_link_fragmented_datagrams_total{link="eth0"} 45"#,
            #"engarde_link_segmentation_offload{link="eth0"} 1"#,
            #"engarde_dropped_datagrams_total{reason="noLink"} 3"#, "engarde_uptime_seconds 3600.5",
            #"engarde_links{state="excluded"} 1"#, #"engarde_link_last_received_age_seconds{link="wwan0"} 12.9"#,
            "engarde_links_expected 2",
        ] {
            #expect(client.contains(line + "\n"), "\(line)")
        }
        #expect(!client.contains(#"engarde_link_last_received_age_seconds{link="wlan0"}"#))
    }

    /// Links whose interface has disappeared still count as expected.
    @Test func missingLinksAreExpected() async {
        var status = await FakeClient().status()
        status.missingLinks = ["wwan1"]
        #expect(MetricsText(status).text.contains("engarde_links_expected 3\n"))
    }

    /// Each family is contiguous, has one header, and follows the naming conventions.
    @Test func wellFormed() async {
        for text in await Self.samples() {
            var introduced: Set<Substring> = []
            var series: Set<Substring> = []
            var current: Substring = ""
            for line in text.split(separator: "\n") {
                let words = line.split(separator: " ")
                if line.hasPrefix("# HELP") {
                    current = words[2]
                    #expect(introduced.insert(current).inserted, "\(line)")
                } else if line.hasPrefix("# TYPE") {
                    #expect(words[2] == current && Self.kinds.contains(String(words[3])), "\(line)")
                    #expect((words[3] == "counter") == current.hasSuffix("_total"), "\(line)")
                } else {
                    #expect(line.prefix { $0 != "{" && $0 != " " } == current, "\(line)")
                    #expect(series.insert(line[..<line.lastIndex(of: " ")!]).inserted, "\(line)")
                    #expect(Double(words.last!) != nil, "\(line)")
                }
            }
            #expect(introduced.allSatisfy { $0.hasPrefix("engarde_") })
        }
    }

    @Test func cardinalityIsBounded() async {
        let links = (0..<1_000).map { LinkStatus(name: "veth\($0)", state: .idle) }
        let client = MetricsText(await FakeClient(links).status()).text
        #expect(client.contains("engarde_links_omitted 744\n"))
        #expect(client.contains("engarde_links{state=\"idle\"} 1000\n"))
        let server = MetricsText(await FakeServer(sessionCount: 1_000).status()).text
        #expect(server.contains("engarde_sessions_omitted 744\n"))
        #expect(server.contains("engarde_paths_omitted 1744\n"))
        for text in [client, server] { #expect(text.split(separator: "\n").count < 10_000) }
    }

    /// Uses the maximum number of unproven sessions, with new addresses each time.
    @Test func unprovenPathsAreCountedOnly() async {
        let quiet = Self.series(MetricsText(await FakeServer().status()).text)
        var series = quiet
        for scrape in 0..<47 {
            var server = FakeServer()
            for index in 0..<32 {
                server.addUnprovenSession(
                    UInt64(100 + scrape * 32 + index), from: "203.0.113.\(index):\(1024 + scrape * 32 + index)")
                // And as a further address of a client that is known.
                var path = PathStatus(address: "198.51.100.\(index):\(1024 + scrape)", state: .carrying)
                path.quality.lastMinute.lossPercent = 1
                if index < 14 { server.value.sessions[0].paths.append(path) }
            }
            let text = MetricsText(await server.status()).text
            #expect(text.contains("engarde_unproven_sessions 32\n") && text.contains("engarde_unproven_paths 32\n"))
            #expect(text.contains("engarde_sessions 2\n"))
            series.formUnion(Self.series(text))
        }
        #expect(series.subtracting(quiet) == [])
    }

    /// A NAT that changes the port of a path creates no new series.
    @Test func portsMakeNoNewSeries() async {
        var series: Set<Substring> = []
        for port in 0..<20 {
            var server = FakeServer()
            server.value.sessions[0].paths[0].address = "192.0.2.1:\(40_000 + port)"
            server.value.sessions[0].id = UInt64(1 + port)
            series.formUnion(Self.series(MetricsText(await server.status()).text))
        }
        #expect(series == Self.series(MetricsText(await FakeServer().status()).text))
        #expect(series.contains(#"engarde_path_state{session="1",path="192.0.2.1",state="carrying"}"#))
    }

    private static func series(_ text: String) -> Set<Substring> {
        Set(text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { $0[..<$0.lastIndex(of: " ")!] })
    }

    /// `promtool`, of Debian's prometheus, where it is to be had.
    @Test(.enabled(if: promtool != nil, "there is no promtool in PATH")) func promtoolAcceptsTheMetrics() async throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        for text in await Self.samples() {
            let name = try folder.write(text, to: "samples.prom")
            let output = try #require(popen("'\(Self.promtool!)' check metrics < '\(name)' 2>&1", "r"))
            var bytes = [UInt8](repeating: 0, count: 65_536)
            let count = fread(&bytes, 1, bytes.count, output)
            #expect(pclose(output) == 0)
            #expect(String(decoding: bytes[..<count], as: UTF8.self) == "")
        }
    }

    /// Checks that the dashboard uses existing metrics only.
    @Test func metricsOfTheDashboardExist() async throws {
        let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let dashboard = try JSONTree(OpenAPIFile.read("/\(folder)/packaging/grafana/engarde.json"))
        let known = await Self.names()
        let expressions = dashboard.texts(named: "expr")
        #expect(expressions.count > 10)
        for expression in expressions {
            let names = expression.split { !($0.isLetter || $0.isNumber || $0 == "_") }
                .filter { $0.hasPrefix("engarde_") }.map(String.init)
            #expect(!names.isEmpty, "\(expression)")
            for name in names { #expect(known.contains(name), "\(name)") }
        }
    }

    /// A missing state would be drawn as carrying.
    @Test func dashboardCoversAllStates() throws {
        let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let dashboard = try JSONTree(OpenAPIFile.read("/\(folder)/packaging/grafana/engarde.json"))
        let words = CarryingState.allCases.map(\.rawValue)
        #expect(Set(words).isSubset(of: dashboard.texts(named: "text")))
        for (family, states) in [
            ("engarde_link_state", CarryingState.allCases),
            ("engarde_path_state", CarryingState.allCases.filter(\.isInFanOut)),
        ] {
            let expression = try #require(dashboard.texts(named: "expr").first { $0.contains(family) })
            for state in states where state != .carrying {
                #expect(expression.contains("state=\"\(state.rawValue)\""), "\(family) \(state)")
            }
        }
    }

    /// The names of all metrics.
    static func names() async -> Set<String> {
        Set(
            await samples().flatMap { $0.split(separator: "\n") }.filter { $0.hasPrefix("# TYPE") }
                .map { String($0.split(separator: " ")[2]) })
    }

    private static func samples() async -> [String] {
        var client = await FakeClient().status()
        client.wireGuardLastReceivedSeconds = 0.1
        client.serverLastReceivedSeconds = 0.2
        var server = await FakeServer().status()
        server.sessions[0].paths[0].quality.lastMinute = client.links[0].quality.lastMinute
        return [
            MetricsText(client).text, MetricsText(server).text,
            MetricsText(await FakeServer(sessionCount: 0).status()).text,
        ]
    }

    static let promtool: String? =
        getenv("PATH").flatMap {
            String(cString: $0).split(separator: ":").map { "\($0)/promtool" }
                .first { access($0, X_OK) == 0 }
        }
}
