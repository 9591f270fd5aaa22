// SPDX-License-Identifier: GPL-2.0-or-later

public import Host

/// The program that keeps this machine's firewall.
public enum Firewall: String, Hashable, Sendable {
    case ufw, firewalld
    /// None that takes commands.
    case none

    public static func read(_ host: Host) async -> Firewall {
        if await host.run("ufw", "status").output.contains("Status: active") { return .ufw }
        if await host.run("firewall-cmd", "--state").succeeded { return .firewalld }
        return .none
    }

    /// Lets the datagrams of clients in.
    func opening(_ port: UInt16) -> [Step] {
        switch self {
        case .none: return []
        case .ufw:
            let rule = "\(port)/udp"
            return [
                .command(
                    PlannedCommand(
                        Command("ufw", "allow", rule, "comment", "engarde"),
                        undo: Command("ufw", "delete", "allow", rule),
                        check: Command("ufw", "show", "added"), checkWord: "ufw allow \(rule)"))
            ]
        case .firewalld:
            return Self.firewalld(["--add-port=\(port)/udp"], ["--remove-port=\(port)/udp"], "--query-port=\(port)/udp")
        }
    }

    /// Lets packets from the tunnel through to other interfaces.
    var forwarding: [Step] {
        switch self {
        case .none: return []
        case .ufw:
            let rule = ["allow", "in", "on", Places.tunnel]
            return [
                .command(
                    PlannedCommand(
                        Command(["ufw", "route"] + rule + ["comment", "engarde"]),
                        undo: Command(["ufw", "route", "delete"] + rule), check: Command("ufw", "show", "added"),
                        checkWord: "ufw route allow in on \(Places.tunnel)"))
            ]
        case .firewalld:
            let (zone, name) = ("--zone=trusted", Places.tunnel)
            return Self.firewalld(
                [zone, "--add-interface=\(name)"], [zone, "--remove-interface=\(name)"], zone,
                "--query-interface=\(name)")
        }
    }

    /// The exit status of `firewall-cmd` where firewalld is there and does not run.
    private static let stoppedStatus: Int32 = 252

    /// Takes a rule back. The rules for a running firewalld are gone when it is stopped; those for later starts are
    /// then taken out of its files.
    static func takeBack(_ undo: Command, _ host: Host) async -> CommandOutcome {
        let outcome = await host.commands.run(undo)
        guard undo.words[0] == "firewall-cmd", outcome.status == stoppedStatus else { return outcome }
        let rest = undo.words.dropFirst().filter { $0 != "--permanent" }
        guard rest.count < undo.words.count - 1 else { return CommandOutcome() }
        return await host.commands.run(Command(["firewall-offline-cmd"] + rest))
    }

    /// Once for the running firewall, and once for those to come.
    private static func firewalld(_ add: [String], _ remove: [String], _ query: String...) -> [Step] {
        [[], ["--permanent"]].map { when in
            let start = ["firewall-cmd"] + when
            return .command(
                PlannedCommand(
                    Command(start + add), undo: Command(start + remove), check: Command(start + query)))
        }
    }
}
