// SPDX-License-Identifier: GPL-2.0-or-later

import Configuration
import Testing

@Suite struct ServerTests {
    @Test func everyKeyIsRead() {
        let reading = readServer(
            """
            server:
              description: Data centre
              listenAddr: "0.0.0.0:59501"
              dstAddr: "127.0.0.1:51820"
              writeTimeout: -1
              clientTimeout: 45
              maxPaths: 4096
              webManager:
                listenAddr: "[::1]:9001"
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
        expected.webManager = WebManagerConfiguration(listenAddress: HostPort(host: "::1", port: 9001))
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

    @Test func absentNumbersHaveTheirDefaults() {
        let value = readServer(serverSection("")).value
        #expect(value?.maxPaths == 256)
        #expect(value?.writeTimeoutMilliseconds == nil)
        #expect(value?.engine == .automatic)
        #expect(value?.logLevel == .info)
        #expect(value?.webManager == nil)
    }
}
