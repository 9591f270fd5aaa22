// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser
import Glibc
import Settings
import Support
import Testing

@testable import engarde

/// The files that `engarde client add` and `show` write.
@Suite struct BundleOutputTests {
    private let folder: TemporaryFolder
    private var path: String { folder.path + "/van.bundle" }

    init() throws { folder = try TemporaryFolder() }

    private static func bundle(_ name: String = "van") -> ClientBundle {
        let key = String(repeating: "k", count: 42) + "A="
        return ClientBundle(
            name: name, servers: [HostPort(host: "203.0.113.7", port: 59501)], serverPublicKey: key, presharedKey: key,
            privateKey: key, publicKey: key, addresses: ["10.77.0.2/24"], serverAddresses: ["10.77.0.1"], mtu: 1420)
    }

    private func mode() -> UInt32 {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    @Test func onlyTheOwnerReadsTheFile() throws {
        let output = try BundleOutput.parse(["--output", path])
        try output.check()
        try output.write(Self.bundle())
        #expect(readText(path) == Self.bundle().text)
        #expect(mode() == 0o600)
        // The same again, for a file that was opened to others in between.
        chmod(path, 0o644)
        try output.write(Self.bundle())
        #expect(mode() == 0o600)
    }

    @Test func anotherFileIsNotLost() throws {
        try writeText("mine\n", to: path)
        let output = try BundleOutput.parse(["-o", path])
        #expect(throws: (any Error).self) { try output.check() }
        #expect(throws: (any Error).self) { try output.write(Self.bundle()) }
        #expect(readText(path) == "mine\n")
        try writeText(Self.bundle("bus").text, to: path)
        #expect(throws: (any Error).self) { try output.write(Self.bundle()) }
        #expect(throws: (any Error).self) { try BundleOutput.parse(["-o", "/dev/null"]).write(Self.bundle()) }
    }

    /// As the standard output of `engarde client add van > van.bundle` is.
    @Test func aFileForOthersToReadIsWarnedOf() throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        fchmod(descriptor, 0o644)
        let warning = try #require(BundleOutput.warning(of: descriptor))
        #expect(warning.contains(": chmod 600 \(path); --output FILE "))
        fchmod(descriptor, 0o600)
        #expect(BundleOutput.warning(of: descriptor) == nil)
        let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
        defer { close(null) }
        #expect(BundleOutput.warning(of: null) == nil)
    }
}
