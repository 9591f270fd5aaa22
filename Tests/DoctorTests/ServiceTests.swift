// SPDX-License-Identifier: GPL-2.0-or-later

import Host
import Setup
import Support
import Testing

@testable import Doctor

/// Units as they are gathered.
@Suite struct ServiceTests {
    /// Says of every unit that it does not run.
    private struct Stopped: CommandRunner {
        func run(_ command: Command) async -> CommandOutcome { CommandOutcome(status: 3) }
    }

    private let folder: TemporaryFolder
    private let host: Host

    init() throws {
        folder = try TemporaryFolder()
        host = Host(files: Files(root: folder.path), commands: Stopped())
        for path in ["/run", "/run/systemd", "/run/systemd/system", "/etc", "/etc/wireguard"] {
            try host.files.makeFolder(path)
        }
        try host.files.write("", to: "/run/systemd/system/wg-quick@.service", mode: 0o644)
    }

    /// Of the tunnel's unit systemd has a template alone, which says nothing of a tunnel.
    @Test func theTunnelsUnitIsThereWithItsFile() async throws {
        defer { remove() }
        var facts = Facts()
        await facts.readServices(host)
        #expect(facts.services == [:])
        try host.files.write("", to: Places.wireGuard, mode: 0o600)
        await facts.readServices(host)
        #expect(facts.services == [Places.tunnelService: false])
    }

    private func remove() {
        try? host.files.remove(Places.wireGuard)
        try? host.files.remove("/run/systemd/system/wg-quick@.service")
        for path in ["/run/systemd/system", "/run/systemd", "/run", "/etc/wireguard", "/etc"] {
            host.files.removeEmptyFolder(path)
        }
    }
}
