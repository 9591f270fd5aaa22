// SPDX-License-Identifier: GPL-2.0-or-later

@testable import Settings
import Testing

/// A small generator whose whole state is its seed (SplitMix64), so that a failure replays.
private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

@Suite struct FuzzTests {
    private static let password = "hunter2"
    private static let base =
        clientSection(
            """
            description: "Büro \\u20ac"
            writeTimeout: 10
            excludedInterfaces: [eth0, "veth*"]
            interfaceLabels: {eth1: DSL}
            dstOverrides:
              - ifName: wwan0
                dstAddr: "[2001:db8::7]:59502"
            allowedSources: [10.0.0.0/8, any]
            webManager: &web
              listenAddr: "127.0.0.1:9001"
              username: admin
              password: hunter2
            protocol: opaque
            onLinkChange: [/usr/bin/logger, -t, engarde]
            engine: polling
            """)
        + serverSection(
            """
            clientTimeout: 45
            maxPaths: 10
            maxSessions: 5
            maxPathsPerSession: 3
            wireguardPublicKey: AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=
            protocol: wireguard
            onLinkChange: /opt/changed
            webManager: *web
            logLevel: debug
            """)
    /// Pieces with a meaning in YAML or in the file, which random bytes rarely hit.
    private static let pieces = [
        "\t", "\n", "\r\n", "  ", ": ", "- ", "? ", "[", "]", "{", "}", ",", "#", "&a ", "*a", "*web", "<<: ",
        "!!str ",
        "!x ", "|", ">", "'", "\"", "\\", "%", "@", "---\n", "...\n", "~", "null", "\u{feff}", "\u{2028}",
        "\0", "é",
        "client", "server", "password", "listenAddr: ", "999999999999999999999", "%YAML 1.1\n", "\u{85}",
    ].map { Array($0.utf8) }

    /// What must hold of any bytes whatever: an answer, and one that can be shown.
    private func check(_ bytes: [UInt8], seed: UInt64, hidesPassword: Bool) -> Bool {
        let client = readClient(bytes: bytes)
        let server = readServer(bytes: bytes)
        #expect(client.value != nil || !client.errors.isEmpty, "seed \(seed)")
        #expect(client.value == nil || client.errors.isEmpty, "seed \(seed)")
        #expect(server.value != nil || !server.errors.isEmpty, "seed \(seed)")
        let lineCount = bytes.count + 1
        for diagnostic in client.diagnostics + server.diagnostics {
            #expect((1...lineCount).contains(diagnostic.line), "seed \(seed): \(diagnostic)")
            #expect(diagnostic.column >= 1, "seed \(seed): \(diagnostic)")
            let line = diagnostic.description
            #expect(!line.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7f }, "seed \(seed)")
            if hidesPassword { #expect(!line.contains(Self.password), "seed \(seed): \(line)") }
        }
        return client.value != nil
    }

    @Test(arguments: [UInt64(1), 2, 3, 4])
    func randomBytes(seed: UInt64) {
        var random = Seeded(state: seed)
        for _ in 0..<500 {
            let seed = random.state
            let count = Int.random(in: 0...300, using: &random)
            let isText = Bool.random(using: &random)
            let bytes = (0..<count).map { _ in
                isText
                    ? UInt8.random(in: 0x20...0x7e, using: &random)
                    : UInt8.random(in: 0...255, using: &random)
            }
            _ = check(bytes, seed: seed, hidesPassword: false)
        }
    }

    @Test(arguments: [UInt64(11), 12, 13, 14])
    func mutations(seed: UInt64) {
        var random = Seeded(state: seed)
        var accepted = 0
        for _ in 0..<500 {
            let seed = random.state
            let bytes = mutated(Array(Self.base.utf8), using: &random)
            // A cut into the word itself, or into the key before it, leaves nothing to know the password by.
            if check(bytes, seed: seed, hidesPassword: bytes.holds("password: \(Self.password)\n")) {
                accepted += 1
            }
        }
        // The tester is tested: mutations must reach both outcomes, or they are too wild or too tame.
        #expect((25...475).contains(accepted), "\(accepted) of 500 accepted")
    }

    private func mutated(_ original: [UInt8], using random: inout Seeded) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let at = Int.random(in: 0...bytes.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes.insert(contentsOf: Self.pieces.randomElement(using: &random)!, at: at)
            case 1 where at < bytes.count: bytes[at] = UInt8.random(in: 0...255, using: &random)
            case 2: bytes.removeSubrange(at..<min(at + Int.random(in: 1...20, using: &random), bytes.count))
            case 3:
                let end = min(at + Int.random(in: 1...80, using: &random), bytes.count)
                bytes.insert(
                    contentsOf: Array(bytes[at..<end]), at: Int.random(in: 0...bytes.count, using: &random))
            default: bytes.insert(UInt8.random(in: 0x20...0x7e, using: &random), at: at)
            }
        }
        return bytes
    }
}

extension [UInt8] {
    fileprivate func holds(_ text: String) -> Bool { contains(Array(text.utf8)) }
}
