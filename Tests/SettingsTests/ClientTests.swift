// SPDX-License-Identifier: GPL-2.0-or-later

import Settings
import Sockets
import Testing

@Suite struct ClientTests {
    @Test func everyKeyIsRead() throws {
        let reading = readClient(
            """
            client:
              description: "Office"
              listenAddr: "127.0.0.1:59401"
              dstAddr: "vpn.example:59501"
              writeTimeout: 25
              excludedInterfaces: [eth0, "veth*"]
              includedInterfaces: [eth1, "wwan?"]
              interfaceLabels:
                eth1: DSL
                wwan0: "LTE stick"
              dstOverrides:
                - ifName: wwan0
                  dstAddr: "[2001:db8::7]:59502"
                - {ifName: eth1, dstAddr: "198.51.100.7:59503"}
              allowedSources: [10.0.0.0/8, "2001:db8::1"]
              webManager:
                listenAddr: "127.0.0.1:9001"
                username: admin
                password: hunter2
              protocol: opaque
              onLinkChange: [/usr/bin/logger, -t, "engarde client", 5]
              engine: polling
              logLevel: debug
            """)
        var expected = ClientConfiguration(
            listenAddress: HostPort(host: "127.0.0.1", port: 59401),
            destination: HostPort(host: "vpn.example", port: 59501))
        expected.description = "Office"
        expected.writeTimeoutMilliseconds = 25
        expected.excludedInterfaces = ExcludedInterfaces(["eth0", "veth*"], allBut: ["eth1", "wwan?"])
        expected.interfaceLabels = ["eth1": "DSL", "wwan0": "LTE stick"]
        expected.destinationOverrides = [
            DestinationOverride(interface: "wwan0", destination: HostPort(host: "2001:db8::7", port: 59502)),
            DestinationOverride(interface: "eth1", destination: HostPort(host: "198.51.100.7", port: 59503)),
        ]
        expected.allowedSources = [
            try #require(AddressPrefix("10.0.0.0/8")), try #require(AddressPrefix("2001:db8::1/128")),
        ]
        var web = WebManagerConfiguration(listenAddress: HostPort(host: "127.0.0.1", port: 9001))
        web.username = "admin"
        web.password = "hunter2"
        expected.webManager = web
        expected.trafficProtocol = .opaque
        expected.onLinkChange = ["/usr/bin/logger", "-t", "engarde client", "5"]
        expected.engine = .polling
        expected.logLevel = .debug
        #expect(reading.lines == [])
        #expect(reading.value == expected)
    }

    /// The least a file may hold.
    private static let least = ClientConfiguration(
        listenAddress: HostPort(host: "127.0.0.1", port: 59401),
        destination: HostPort(host: "192.0.2.1", port: 59501))

    @Test(arguments: [
        "", "description: ~", "description:", "description: null", "description: !!null ''",
        "description: ''",
        "writeTimeout: null", "excludedInterfaces:", "excludedInterfaces: []",
        "excludedInterfaces: [null, ~]",
        "interfaceLabels: Null", "interfaceLabels: {}", "interfaceLabels: {eth0: ~}", "dstOverrides: NULL",
        "dstOverrides: [~]", "allowedSources: ~", "webManager:", "webManager: {}",
        "webManager: {listenAddr: ''}",
        "webManager: {listenAddr: ~, username: admin}", "engine: ~", "logLevel:", "engine: auto",
        "protocol: ~", "protocol: wireguard", "onLinkChange: ~", "onLinkChange: ''", "onLinkChange: []",
        "onLinkChange: [~]", "webManager: {passwordFile: ~}",
        "logLevel: info",
        "# a comment",
    ])
    func absentNullAndDefault(body: String) {
        let reading = readClient(clientSection(body))
        #expect(reading.lines == [])
        #expect(reading.value == Self.least)
    }

    @Test func bareValuesAreTakenAsText() throws {
        let reading = readClient(
            clientSection(
                """
                description: 0017
                excludedInterfaces: [5, true, 1.50, eth0]
                interfaceLabels: {1: 2, yes: no}
                webManager: {listenAddr: ":9001", username: 007, password: 12345}
                """))
        let value = try #require(reading.value)
        #expect(reading.lines == [])
        #expect(value.description == "0017")
        #expect(value.excludedInterfaces == ["5", "true", "1.50", "eth0"])
        #expect(value.interfaceLabels == ["1": "2", "yes": "no"])
        #expect(value.webManager?.username == "007")
        #expect(value.webManager?.password == "12345")
        #expect(value.webManager?.listenAddress == HostPort(host: "", port: 9001))
    }

    @Test(arguments: ["null", "~", ""])
    func quotedNullIsText(word: String) {
        #expect(readClient(clientSection("description: '\(word)'")).value?.description == word)
        #expect(readClient(clientSection("description: !!str \(word)")).value?.description == word)
    }

    @Test(arguments: [
        ("0", 0), ("10", 10), ("-1", -1), ("+5", 5), ("1_000", 1000), ("0x1F", 31), ("0o17", 15),
        ("0b101", 5),
        ("-9223372036854775808", Int.min), ("9223372036854775807", Int.max), ("'7'", 7),
    ])
    func writeTimeout(text: String, milliseconds: Int) {
        #expect(
            readClient(clientSection("writeTimeout: \(text)")).value?.writeTimeoutMilliseconds == milliseconds
        )
    }

    @Test func anyMeansBothFamilies() {
        let reading = readClient(clientSection("allowedSources: [192.0.2.1, any]"))
        #expect(reading.value?.allowedSources.map(\.description) == ["192.0.2.1/32", "0.0.0.0/0", "::/0"])
    }

    @Test(arguments: zip(EngineChoice.allCases, ["auto", "io_uring", "polling"]))
    func engines(choice: EngineChoice, word: String) {
        #expect(readClient(clientSection("engine: \(word)")).value?.engine == choice)
    }

    @Test(arguments: LogLevel.allCases)
    func logLevels(level: LogLevel) {
        #expect(readClient(clientSection("logLevel: \(level.rawValue)")).value?.logLevel == level)
    }

    @Test func aliasesStandForTheirAnchors() throws {
        let reading = readClient(
            """
            defaults: &web
              webManager: {listenAddr: "127.0.0.1:9001"}
              engine: polling
            client:
              <<: *web
              engine: auto
              listenAddr: &here 127.0.0.1:59401
              dstAddr: *here
            """)
        let value = try #require(reading.value)
        #expect(value.destination == HostPort(host: "127.0.0.1", port: 59401))
        #expect(value.webManager?.listenAddress.port == 9001)
        #expect(value.engine == .automatic)
        #expect(reading.diagnostics.map(\.key) == ["defaults"])
    }

    @Test func aNullHidesWhatIsMerged() {
        let reading = readClient(clientSection("<<: {engine: polling}\nengine: ~"))
        #expect(reading.lines == [])
        #expect(reading.value?.engine == .automatic)
    }

    @Test func mergedListsLetTheFirstWin() {
        let reading = readClient(
            """
            a: &a {engine: polling}
            b: &b {engine: io_uring, logLevel: error}
            client: {<<: [*a, *b], listenAddr: ":1", dstAddr: "a:2"}
            """)
        #expect(reading.value?.engine == .polling)
        #expect(reading.value?.logLevel == .error)
    }
}
