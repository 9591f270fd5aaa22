// SPDX-License-Identifier: GPL-2.0-or-later

import Settings
import Support
import Testing

@Suite struct FileTests {
    /// Runs `body` with the path of a file that holds `bytes`, and removes it.
    private func withFile<R>(_ bytes: [UInt8], _ body: (String) throws -> R) throws -> R {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        return try body(folder.write(bytes, to: "engarde.yml"))
    }

    private func lines(ofRefused path: String) -> [String] {
        do throws(ConfigurationRefusal) {
            _ = try ConfigurationReader.client(file: path)
            return []
        } catch {
            return error.diagnostics.map(\.description)
        }
    }

    @Test func bothProgramsReadOneFile() throws {
        // More than one read's worth, in several pieces.
        let text = clientSection("") + String(repeating: "# filler\n", count: 5000) + serverSection("")
        try withFile(Array(text.utf8)) { path in
            let client = try ConfigurationReader.client(file: path)
            let server = try ConfigurationReader.server(file: path)
            #expect(client.value.listenAddress.port == 59401)
            #expect(server.value.listenAddress.port == 59501)
            #expect(client.warnings.isEmpty && server.warnings.isEmpty)
        }
    }

    @Test func theFileIsNamedAsTheCallerNamedIt() throws {
        try withFile(Array("client: {listenAddr: ':1'}".utf8)) { path in
            #expect(
                lines(ofRefused: path).first?.hasPrefix("\(path):1:1: client.dstAddr: found nothing") == true)
        }
    }

    @Test(arguments: [
        ("/nonexistent/engarde.yml", "No such file or directory"), ("/tmp", "Is a directory"),
        ("", "No such file or directory"),
    ])
    func unreadable(path: String, reason: String) {
        #expect(
            lines(ofRefused: path) == [
                "\(path): found no readable file (\(reason)), wanted a YAML file; --example prints one"
            ])
    }

    @Test(arguments: [(1 << 20, true), ((1 << 20) + 1, false)])
    func sizeLimit(size: Int, isRead: Bool) throws {
        var bytes = Array(clientSection("").utf8)
        bytes += [UInt8](repeating: UInt8(ascii: "\n"), count: size - bytes.count)
        try withFile(bytes) { path in
            let refusal = "\(path): found more than 1048576 bytes, wanted a YAML file; --example prints one"
            #expect(lines(ofRefused: path) == (isRead ? [] : [refusal]))
        }
    }

    @Test func anEndlessFile() {
        #expect(
            lines(ofRefused: "/dev/zero") == [
                "/dev/zero: found more than 1048576 bytes, wanted a YAML file; --example prints one"
            ])
    }

    @Test(arguments: ["\r\n", "\r", "\n"])
    func lineEnds(end: String) throws {
        let text = clientSection("excludedInterfaces:\n  - eth0\ndescription: |\n  two\n  lines")
            .replacingLineEnds(with: end)
        let value = try #require(readClient(text).value)
        #expect(value.excludedInterfaces == ["eth0"])
        #expect(value.description == "two\nlines\n")
    }

    @Test func byteOrderMark() {
        #expect(readClient("\u{feff}" + clientSection("")).value != nil)
    }

    @Test func utf16() throws {
        let units = Array(clientSection("description: ü").utf16)
        let little: [UInt8] = [0xff, 0xfe] + units.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
        let big: [UInt8] = [0xfe, 0xff] + units.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
        #expect(readClient(bytes: little).value?.description == "ü")
        #expect(readClient(bytes: big).value?.description == "ü")
    }

    /// A file as the installers of the variants write it.
    @Test func aVariantsFile() throws {
        let text = """
            client:
              description: "Camper"
              listenAddr: "0.0.0.0:59401"
              dstAddr: "203.0.113.5:59402"
              writeTimeout: 10
              excludedInterfaces:
                - "wg0"
                - "lo"
              dstOverrides: []
              dst_overrides: []
              protocol: udp
              webManager:
                listenAddr: "0.0.0.0:9001"
                username: "admin"
                password: "changeme"
                theme: dark
            server:
              unrelated: [1, 2]
            """
        let reading = readClient(text)
        let value = try #require(reading.value)
        #expect(value.excludedInterfaces == ["wg0", "lo"])
        #expect(value.webManager?.username == "admin")
        #expect(reading.diagnostics.map(\.line) == [10, 11, 16])
        #expect(reading.diagnostics.map(\.suggestion) == ["dstOverrides", nil, nil])
    }

    @Test func theSampleIsCleanForBothPrograms() throws {
        let client = try ConfigurationReader.client(text: SampleFile.text, file: "sample")
        let server = try ConfigurationReader.server(text: SampleFile.text, file: "sample")
        #expect(client.warnings.isEmpty && server.warnings.isEmpty)
        #expect(client.value.webManager == nil && server.value.webManager == nil)
        #expect(client.value.listenAddress.host == "127.0.0.1")
    }

    /// What the sample comments out is right too: without the hashes in front it still loads, and gives no
    /// password.
    @Test func theSampleIsCleanWithItsCommentsInForce() throws {
        let text = SampleFile.text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let bare = line.drop { $0 == " " }
            let isProse = bare.hasPrefix("# ") || bare == "#"
            return bare.hasPrefix("#") && !isProse ? line.replacingFirstHash() : String(line)
        }.joined(separator: "\n").replacingIndentedHash()
        let client = try ConfigurationReader.client(text: text, file: "sample")
        let server = try ConfigurationReader.server(text: text, file: "sample")
        #expect(client.warnings == [] && server.warnings == [])
        #expect(
            client.value.excludedInterfaces == ExcludedInterfaces(["eth0", "veth*"], allBut: ["eth1", "wwan*"]))
        #expect(client.value.interfaceLabels.count == 2)
        #expect(client.value.destinationOverrides.count == 1)
        #expect(client.value.allowedSources.count == 2)
        for web in [client.value.webManager, server.value.webManager] {
            #expect(web?.listenAddress.host == "127.0.0.1")
            #expect(web?.password == "")
        }
        #expect(server.value.clientTimeoutSeconds == ServerConfigurationDefaults.clientTimeoutSeconds)
        #expect(server.value.maxPaths == ServerConfigurationDefaults.maxPaths)
    }
}

private enum ServerConfigurationDefaults {
    private static let plain = ServerConfiguration(
        listenAddress: HostPort(host: "", port: 1), destination: HostPort(host: "a", port: 1))
    static var clientTimeoutSeconds: Int { plain.clientTimeoutSeconds }
    static var maxPaths: Int { plain.maxPaths }
}

extension Substring {
    fileprivate func replacingFirstHash() -> String {
        guard let hash = firstIndex(of: "#") else { return String(self) }
        return String(self[..<hash]) + self[index(after: hash)...]
    }
}

extension String {
    /// The nested lines of a commented-out value: `  #  - eth0`.
    fileprivate func replacingIndentedHash() -> String {
        split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.drop { $0 == " " }.hasPrefix("#  ") ? line.replacingFirstHash() : String(line)
        }.joined(separator: "\n")
    }
}
