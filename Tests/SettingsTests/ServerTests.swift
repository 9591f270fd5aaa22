// SPDX-License-Identifier: GPL-2.0-or-later

import Settings
import Testing
import WireGuardWire

@Suite struct ServerTests {
    @Test func everyKeyIsRead() throws {
        let reading = readServer(
            """
            server:
              description: Data centre
              listenAddr: "0.0.0.0:59501"
              dstAddr: "127.0.0.1:51820"
              writeTimeout: -1
              clientTimeout: 45
              maxPaths: 4096
              maxSessions: 1024
              maxPathsPerSession: 32
              wireguardPublicKey: AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=
              protocol: wireguard
              onLinkChange: /opt/on-path-change
              webManager:
                listenAddr: "[::1]:9001"
                username: admin
                passwordFile: /etc/engarde/password
                publicHost: [van.example, "van.example:8443"]
              engine: io_uring
              logLevel: warning
            """)
        var expected = ServerConfiguration(
            listenAddress: HostPort(host: "0.0.0.0", port: 59501),
            destination: HostPort(host: "127.0.0.1", port: 51820))
        expected.description = "Data centre"
        expected.writeTimeoutMilliseconds = -1
        expected.clientTimeoutSeconds = 45
        expected.maxPaths = 4096
        expected.maxSessions = 1024
        expected.maxPathsPerSession = 32
        expected.wireguardPublicKey = try PublicKey(base64: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
        expected.onLinkChange = ["/opt/on-path-change"]
        var web = WebManagerConfiguration(listenAddress: HostPort(host: "::1", port: 9001))
        web.username = "admin"
        web.passwordFile = "/etc/engarde/password"
        web.publicHosts = ["van.example", "van.example:8443"]
        expected.webManager = web
        expected.engine = .uring
        expected.logLevel = .warning
        #expect(reading.lines == [])
        #expect(reading.value == expected)
    }

    @Test(arguments: [
        ("", 30), ("clientTimeout: ~", 30), ("clientTimeout: 0", 30), ("clientTimeout: 1", 1),
        ("clientTimeout: 2147483647", 2_147_483_647),
    ])
    func clientTimeout(body: String, seconds: Int) {
        let reading = readServer(serverSection(body))
        #expect(reading.lines == [])
        #expect(reading.value?.clientTimeoutSeconds == seconds)
    }

    @Test(arguments: [
        ("", 2048), ("maxPaths: ~", 2048), ("maxPaths: 1", 1), ("maxPaths: 4096", 4096),
        ("maxSessions: 1", 16), ("maxPathsPerSession: 1", 128), ("maxSessions: 3\nmaxPathsPerSession: 5", 15),
        ("maxSessions: 256", 4096), ("maxSessions: 257", 4096), ("maxSessions: 1024\nmaxPathsPerSession: 32", 4096),
        ("maxSessions: 3\nmaxPaths: 7", 7), ("protocol: opaque", 256), ("protocol: opaque\nmaxPaths: 7", 7),
        ("protocol: wireguard", 2048),
    ])
    func maxPaths(body: String, paths: Int) {
        let reading = readServer(serverSection(body))
        #expect(reading.lines == [])
        #expect(reading.value?.maxPaths == paths)
    }

    @Test(arguments: ["wireguardPublicKey:", "wireguardPublicKey: ''", "wireguardPublicKey: null", "protocol: null"])
    func absent(body: String) {
        let reading = readServer(serverSection(body))
        #expect(reading.lines == [])
        #expect(reading.value == readServer(serverSection("")).value)
    }

    @Test func absentNumbersHaveTheirDefaults() {
        let value = readServer(serverSection("")).value
        #expect(value?.maxSessions == 128)
        #expect(value?.maxPathsPerSession == 16)
        #expect(value?.trafficProtocol == .wireguard)
        #expect(value?.onLinkChange == [])
        #expect(value?.wireguardPublicKey == nil)
        #expect(value?.writeTimeoutMilliseconds == nil)
        #expect(value?.engine == .automatic)
        #expect(value?.logLevel == .info)
        #expect(value?.webManager == nil)
    }
}
