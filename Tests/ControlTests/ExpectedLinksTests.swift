// SPDX-License-Identifier: GPL-2.0-or-later

import Settings
import Testing

@testable import Control

@Suite struct ExpectedLinksTests {
    private var configuration: ClientConfiguration {
        var configuration = ClientConfiguration(
            listenAddress: HostPort(host: "127.0.0.1", port: 1), destination: HostPort(host: "192.0.2.1", port: 2))
        configuration.interfaceLabels = ["eth0": "DSL"]
        configuration.destinationOverrides = [
            DestinationOverride(interface: "wwan0", destination: HostPort(host: "192.0.2.2", port: 2)),
            DestinationOverride(interface: "usb*", destination: HostPort(host: "192.0.2.3", port: 2)),
            DestinationOverride(interface: "ppp?", destination: HostPort(host: "192.0.2.4", port: 2)),
            DestinationOverride(interface: "eth[12]", destination: HostPort(host: "192.0.2.5", port: 2)),
        ]
        return configuration
    }

    @Test func namedAndOnceCarryingLinksAreExpected() {
        var expected = ExpectedLinks(configuration)
        #expect(expected.contains("eth0") && expected.contains("wwan0"))
        #expect(!expected.contains("usb0") && !expected.contains("usb*") && !expected.contains("eth1"))
        expected.note("usb0")
        #expect(expected.contains("usb0"))
        #expect(expected.missing(from: ["lo", "eth0"]) == ["usb0", "wwan0"])
        #expect(expected.missing(from: ["eth0", "usb0", "wwan0"]).isEmpty)
    }

    @Test func everNewNamesAreForgotten() {
        var expected = ExpectedLinks(configuration)
        for number in 0..<1_000 { expected.note("ppp\(number)") }
        #expect(expected.missing(from: []).count == ExpectedLinks.carriedMax + 2)
    }
}
