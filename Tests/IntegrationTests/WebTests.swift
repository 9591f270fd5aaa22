// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Support
import Testing

extension Integration {
    /// The page, the API and the tunnel, which must not notice either.
    @Suite struct WebTests {
        @Test(arguments: Engine.available, [Engarde.End.client, .server])
        func aCrowdCostsNoDatagram(engine: Engine, end: Engarde.End) throws {
            let rig = try Rig(engine, extra: Engarde.webManager, serverExtra: Engarde.webManager)
            let sink = try rig.sink(echo: true)
            let source = try rig.source()
            try rig.warmUp(source, sink, numbered: 0)
            let target = end == .client ? rig.client : rig.server
            try target.waitForStatus()
            let crowd = try RudeCrowd(clients: 64, at: target.namespace)
            let load = RunningLoad(
                UDPLoad(perSecond: 5_000, size: 200, burst: 20), from: source, into: sink, first: 1 << 20, echo: source)
            let isCrowded = Monotonic.wait { crowd.answered >= 500 && load.sent >= 10_000 }
            let report = load.finish()
            let told = crowd.stop()
            let answered = rig.answers(source, first: 1 << 20, to: report)
            print(
                """
                \(engine), crowd at the \(end): \(told.answered) requests answered and \(told.failed) not; \
                \(report.lost) of \(report.sent) datagrams lost, \(report.sent - answered) unanswered; resident \
                \(target.program.residentKibibytes) KiB
                """)
            #expect(isCrowded && told.failed == 0)
            #expect(report.lost == 0 && answered == report.sent, rig.words)
        }

        @Test(.enabled(if: Environment.find("curl") != nil, "skipped: not installed: curl"), arguments: [false, true])
        func oldScriptsGoOn(withCredentials: Bool) throws {
            let folder = try TemporaryFolder()
            let passwordFile = try folder.write("correct horse\n", to: "password")
            let rig = try Rig(
                Engine.available[0],
                extra: Engarde.webManager
                    + (withCredentials ? "    username: admin\n    passwordFile: \"\(passwordFile)\"\n" : ""))
            let (sink, source) = (try rig.sink(), try rig.source())
            for link in rig.links { try link.sendWholeFrames() }
            try rig.warmUp(source, sink)
            let address = "http://127.0.0.1:\(Engarde.webPort)/api/v1/"
            /// The answer's code and body.
            func curl(_ route: String, _ words: String..., user: String? = nil) throws -> String {
                let login = user.map { ["-u", $0] } ?? (withCredentials ? ["-u", "admin:correct horse"] : [])
                return try Support.run(
                    ["curl", "-s", "-w", " %{http_code}", address + route] + login + words, in: rig.laboratory.client)
            }
            /// Sends 100 datagrams, which must go over these links alone.
            func expectCopies(_ isCarried: [Bool], _ place: String) throws {
                let before = try rig.links.map { try rig.laboratory.received($0, .server) }
                for _ in 0..<100 { source.send(LoadDatagram.make(number: .max, size: 100, nanoseconds: 0)) }
                func counts() throws -> [Int] {
                    try zip(rig.links, before).map { try rig.laboratory.received($0, .server) - $1 }
                }
                let haveCome = try Monotonic.wait { zip(try counts(), isCarried).allSatisfy { !$1 || $0 >= 100 } }
                Monotonic.sleep(seconds: 0.2)
                // Neighbour discovery may come on top.
                let all = try counts()
                #expect(haveCome && zip(all, isCarried).allSatisfy { $1 || $0 < 5 }, "\(place): \(all)")
            }
            try #require(Monotonic.wait { (try? curl("get-list"))?.hasSuffix(" 200") == true })
            for list in [try curl("get-list"), try curl("get-list", "-X", "POST")] {
                #expect(list.contains(#""name":"c1","status":"active","senderAddress":"10.1.1.1""#), "\(list)")
            }
            let c1 = #"{"interface":"c1"}"#
            let (ok, done) = (#"{"status":"ok"} 200"#, #"{"status":"already-"#)
            #expect(try curl("exclude", "-d", c1) == ok)
            #expect(try curl("exclude", "-X", "POST", "-d", c1).hasPrefix(done + "excluded"))
            #expect(try curl("get-list").contains(#""name":"c1","status":"excluded""#))
            try expectCopies([false, true, true], "excluded")
            #expect(try curl("include", "-d", c1) == ok)
            #expect(try curl("include", "-H", "Content-Type: application/json", "-d", c1).hasPrefix(done + "included"))
            try expectCopies([true, true, true], "included")
            #expect(try curl("swap-exclusion", "-d", c1) == ok)
            try expectCopies([false, true, true], "swapped")
            #expect(try curl("swap-exclusion", "-d", c1) == ok)
            try expectCopies([true, true, true], "swapped back")
            for reset in [["-X", "POST"], []] {
                #expect(try curl("exclude", "-d", c1) == ok)
                #expect(
                    try (reset.isEmpty ? curl("reset-exclusions") : curl("reset-exclusions", reset[0], reset[1])) == ok)
                try expectCopies([true, true, true], "reset")
            }
            // The last link is not taken away by mistake.
            for name in ["c1", "c2"] { #expect(try curl("exclude", "-d", #"{"interface":"\#(name)"}"#) == ok) }
            #expect(try curl("exclude", "-d", #"{"interface":"c3"}"#).hasSuffix(" 409"))
            try expectCopies([false, false, true], "guarded")
            #expect(try curl("exclude", "-d", #"{"interface":"c3","force":true}"#) == ok)
            try expectCopies([false, false, false], "forced")
            #expect(try curl("reset-exclusions", "-X", "POST") == ok)
            #expect(try curl("exclude", "-d", "c1").hasSuffix(" 400"))
            guard withCredentials else { return }
            for user in ["admin:wrong", "root:correct horse", ":"] {
                #expect(try curl("exclude", "-d", c1, user: user).hasSuffix(" 401"))
            }
            let bare = try Support.run(["curl", "-s", "-i", address + "get-list"], in: rig.laboratory.client)
            #expect(bare.hasPrefix("HTTP/1.1 401"))
            #expect(bare.lowercased().contains(#"www-authenticate: basic realm="engarde""#), "\(bare)")
            try expectCopies([true, true, true], "refused")
        }

        @Test(arguments: [Engarde.End.client, .server])
        func anOccupiedPortKeepsOnlyThePageAway(end: Engarde.End) throws {
            let rig = try Rig(Engine.available[0], extra: Engarde.webManager, serverExtra: Engarde.webManager)
            let sink = try rig.sink(echo: true)
            let source = try rig.source()
            let target = end == .client ? rig.client : rig.server
            target.stop()
            var occupier: TCPEnd? = try TCPEnd(in: target.namespace, occupying: Engarde.webPort)
            try target.restart()
            try rig.warmUp(source, sink, numbered: 0)
            let report = try UDPLoad(perSecond: 1_000, size: 500).run(
                from: source, into: sink, seconds: 4, first: 1 << 20, echo: source)
            #expect(report.lost == 0 && target.program.status == nil, "\(report); \(rig.words)")
            #expect(rig.answers(source, first: 1 << 20, to: report) == report.sent)
            let complaints = target.program.lines.filter { $0.text.contains("web manager") }.map(\.text)
            #expect(complaints.count == 1, "one line for one trouble: \(complaints)")
            let start = Monotonic.nanoseconds
            withExtendedLifetime(occupier) { occupier = nil }
            let isBack = Monotonic.wait(seconds: 2 * Patience.seconds) {
                (try? httpGet("/", port: Engarde.webPort, in: target.namespace)) != nil
            }
            #expect(isBack, rig.words)
            print("\(end): page there \(fixed(Double(Monotonic.nanoseconds - start) / 1e9)) s after its port was free")
            // On the same port as the kernel holds connections of the one before.
            try target.restart()
            try target.waitForStatus()
        }

        @Test func memoryWithAPageOpen() throws {
            let rig = try Rig(Engine.available[0], extra: Engarde.webManager, serverExtra: Engarde.webManager)
            let sink = try rig.sink(echo: true)
            let source = try rig.source()
            try rig.warmUp(source, sink, numbered: 0)
            for engarde in [rig.client, rig.server] { try engarde.waitForStatus() }
            let before = [rig.client, rig.server].map(\.program.residentKibibytes)
            // What a browser does.
            for engarde in [rig.client, rig.server] {
                for file in ["/", "/app.css", "/app.js", "/client.js", "/server.js", "/icon.svg"] {
                    _ = try httpGet(file, port: Engarde.webPort, in: engarde.namespace)
                }
                let namespace = engarde.namespace
                startThread("page") {
                    guard let stream = try? TCPEnd(in: namespace, to: Engarde.webPort) else { return }
                    stream.send("GET /api/v2/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                    while stream.receive() > 0 {}
                }
            }
            let report = try UDPLoad(perSecond: 2_000, size: 1_000).run(
                from: source, into: sink, seconds: 10, first: 1 << 20)
            #expect(report.lost == 0, "\(report)")
            let resident = [rig.client, rig.server].map(\.program.residentKibibytes)
            print("resident with a page open: client \(resident[0]) KiB, server \(resident[1]) KiB; before \(before)")
            // A build for debugging is larger.
            guard Environment.value("ENGARDE_PROGRAMS") != nil else { return }
            #expect(resident.allSatisfy { (1..<40 * 1_024).contains($0) }, "\(resident) KiB")
        }

        /// A real browser on the real programs, real WireGuard between them; real.py says what is looked at.
        @Test(.enabled(if: WebBrowser.obstacle == nil, Comment(rawValue: "skipped: \(WebBrowser.obstacle ?? "")")),
            .timeLimit(.minutes(15)), arguments: [Engarde.End.client, .server])
        func thePageShowsWhatHappens(end: Engarde.End) throws {
            let folder = try TemporaryFolder()
            let passwordFile = try folder.write("correct horse\n", to: "password")
            let rig = try Rig(
                Engine.available[0],
                extra: Engarde.webManager
                    + "  description: Camper van\n  interfaceLabels:\n    c1: Fibre\n    c2: Wi-Fi\n",
                // Away from loopback, with a password.
                serverExtra: """
                      description: Rack 4
                      webManager:
                        listenAddr: ":\(Engarde.webPort)"
                        username: admin
                        passwordFile: "\(passwordFile)"

                    """)
            let tunnel = try rig.tunnel()
            defer { tunnel.stop() }
            let pinger = try Pinger(in: rig.laboratory.client, to: WireGuardTunnel.serverAddress)
            defer { pinger.stop() }
            let iperf = try Iperf(
                from: rig.laboratory.client, to: rig.laboratory.server, address: WireGuardTunnel.serverAddress,
                megabits: 4, seconds: 600)
            defer { _ = iperf.stop() }

            let target = end == .client ? rig.client : rig.server
            let host = end == .client ? "127.0.0.1" : Laboratory.serverV4
            let answers = try folder.write("", to: "answers")
            let driver = try Program(
                [
                    WebBrowser.python, WebBrowser.script, "\(end)", "http://\(host):\(Engarde.webPort)/", answers,
                ] + (end == .client ? [] : ["admin", "correct horse"]), in: target.namespace)
            defer { driver.stop() }
            var answered: [String] = []
            while driver.status == nil {
                let wanted = driver.lines.filter { $0.stream == .output && $0.text.hasPrefix("do: ") }
                for line in wanted.dropFirst(answered.count) {
                    answered.append(try act(String(line.text.dropFirst(4)), rig, target))
                    try writeText(answered.map { $0 + "\n" }.joined(), to: answers)
                }
                Monotonic.sleep(seconds: 0.01)
            }
            let status = try driver.waitForExit()
            print(driver.text(.output).split(separator: "\n").filter { !$0.hasPrefix("do: ") }.joined(separator: "\n"))
            #expect(status == .exited(0), "\(driver.text(.error)); \(rig.words)")
        }

        /// Does what the driver asks for and says what came of it.
        private func act(_ words: String, _ rig: Rig, _ target: Engarde) throws -> String {
            let parts = words.split(separator: " ")
            let link = rig.links[parts.count > 1 ? Int(parts[1])! : 0]
            switch parts[0] {
            case "swallow": try link.silentlyDrop()
            case "down": try link.down()
            case "carrier": try link.carrierLost()
            case "restore": try link.restore()
            case "count": return "\(try rig.links.map { try rig.laboratory.received($0, .server) })"
            case "kill":
                target.program.signal(SIGKILL)
                _ = try target.program.waitForExit()
            case "restart": try target.restart()
            default: throw LaboratoryFailure("real.py wants \(words)")
            }
            return "done"
        }
    }
}
