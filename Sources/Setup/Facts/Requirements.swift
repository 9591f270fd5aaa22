// SPDX-License-Identifier: GPL-2.0-or-later

public import Host

/// The things that setup needs on a machine before it begins.
public enum Requirements {
    /// - Parameter isDryRun: leaves out what has to be tried on the machine itself.
    /// - Throws: the first thing that is missing, and the command that brings it.
    public static func check(
        _ host: Host, role: Role, needsFirewall: Bool, isDryRun: Bool = false
    ) async throws {
        guard host.files.exists("/run/systemd/system") else {
            throw SetupFailure(
                "setup starts services by systemd, which does not run here; Documentation tells how to do without")
        }
        var missing: [String] = []
        func need(_ program: String, from package: String) async {
            let outcome = await host.run(program, "--version")
            if outcome.status == CommandOutcome.notFoundStatus { missing.append(package) }
        }
        await need("wg-quick", from: "wireguard-tools")
        await need("ip", from: "iproute2")
        if needsFirewall { await need("nft", from: "nftables") }
        guard missing.isEmpty else {
            let other = missing == ["nftables"] ? ", or --no-internet, for a server that passes nothing on" : ""
            throw SetupFailure(
                "missing: \(missing.joined(separator: ", ")): apt-get install \(missing.joined(separator: " "))\(other)"
            )
        }
        guard Units.exists(host, Places.service(role)) else {
            throw SetupFailure("there is no unit \(Places.service(role)): install engarde's package, or make install")
        }
        if !isDryRun { try await checkKernel(host) }
    }

    /// A WireGuard of this name that setup did not write is somebody's tunnel, and is left alone.
    ///
    /// - Parameter record: what setup has done to this machine before.
    public static func checkFiles(_ host: Host, _ record: SetupRecord?, role: Role) throws {
        if let record { try checkRole(record, role) }
        if host.files.exists(Places.wireGuard), record?.fileEntry(Places.wireGuard) == nil {
            throw SetupFailure("\(Places.wireGuard) is there, and setup has not written it: rename that tunnel first")
        }
    }

    static func checkRole(_ record: SetupRecord, _ role: Role) throws {
        guard record.role != role else { return }
        let (other, own) = (record.role.rawValue, role.rawValue)
        throw SetupFailure(
            record.isInForce
                ? "this machine is set up as a \(other): engarde uninstall --purge first, to make a \(own) of it"
                : "keys of a \(other) are here still: engarde uninstall --purge first, to make a \(own) of this machine"
        )
    }

    /// WireGuard is in the kernel, or wg-quick starts a program in its place.
    private static func checkKernel(_ host: Host) async throws {
        let probe = "engarde-probe"
        // Left by a setup that was ended here.
        if host.files.exists("/sys/class/net/\(probe)") { _ = await host.run("ip", "link", "delete", probe) }
        if await host.run("ip", "link", "add", probe, "type", "wireguard").succeeded {
            _ = await host.run("ip", "link", "delete", probe)
        } else if await host.run("wireguard-go", "--version").status == CommandOutcome.notFoundStatus {
            throw SetupFailure("this kernel has no WireGuard: apt-get install wireguard-go, or another kernel")
        }
    }
}
