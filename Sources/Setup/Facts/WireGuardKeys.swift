// SPDX-License-Identifier: GPL-2.0-or-later

public import Host

/// Makes keys with WireGuard's own tool.
public struct WireGuardKeys {
    private let host: Host

    public init(_ host: Host) { self.host = host }

    public func privateKey() async throws -> String { try await key(Command("wg", "genkey")) }
    public func presharedKey() async throws -> String { try await key(Command("wg", "genpsk")) }

    public func publicKey(of privateKey: String) async throws -> String {
        try await key(Command(["wg", "pubkey"], input: privateKey + "\n"))
    }

    private func key(_ command: Command) async throws -> String {
        let outcome = await host.commands.run(command)
        guard outcome.succeeded else { throw SetupFailure("\(command): \(outcome.complaint)") }
        return outcome.output.trimmed
    }
}
