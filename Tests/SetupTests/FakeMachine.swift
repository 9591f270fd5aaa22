// SPDX-License-Identifier: GPL-2.0-or-later

import Host
import Support
import Synchronization

@testable import Setup

/// A machine of a folder, and of commands that keep state as systemd and ufw do.
final class FakeMachine: CommandRunner {
    struct State: Hashable {
        var enabled: Set<String> = []
        var active: Set<String> = []
        var rules: Set<String> = []
        var firewall = Firewall.none
    }

    /// Everything that has been done, in order, as far as it changes anything.
    struct Trace {
        var state = State()
        var changes: [String] = []
        var keyCount = 0
        /// Changes left until the machine stops in the middle of things; nil for ever.
        var lifetime: Int?
        /// The output of `wg show all dump`.
        var dump = ""
        /// A command that fails, by its beginning.
        var broken: String?
        /// Programs that are not installed.
        var missing: Set<String> = []
        /// The interface that setup tries the kernel with was left behind.
        var hasProbe = false
        var hasResolvconf = false
    }

    let folder: TemporaryFolder
    let trace = Mutex(Trace())
    let routes: String

    init(routes: String = "[]") throws {
        folder = try TemporaryFolder()
        self.routes = routes
        for path in [
            "etc/systemd/system", "var/lib", "run/systemd/system", "proc/sys/net/ipv4/conf/eth1",
            "proc/sys/net/ipv4/conf/all", "proc/sys/net/ipv6/conf/all", "proc/sys/net/ipv6/conf/ens3",
            "lib/systemd/system",
        ] {
            var at = ""
            for part in path.split(separator: "/") {
                at += "/\(part)"
                try host.files.makeFolder(at)
            }
        }
        for unit in ["engarde-client.service", "engarde-server.service", "wg-quick@.service"] {
            try host.files.write("", to: "/lib/systemd/system/\(unit)", mode: 0o644)
        }
        let settings = [
            "ipv4/ip_forward", "ipv4/conf/eth1/rp_filter", "ipv4/conf/all/src_valid_mark", "ipv6/conf/all/forwarding",
            "ipv6/conf/ens3/accept_ra",
        ]
        for setting in settings { try host.files.write("0\n", to: "/proc/sys/net/\(setting)", mode: 0o644) }
    }

    var host: Host { Host(files: Files(root: folder.path), commands: self) }
    var state: State { trace.withLock { $0.state } }
    var changes: [String] { trace.withLock { $0.changes } }

    /// Every file with its bytes, but for the record's own.
    func files() throws -> [String: String] {
        var found: [String: String] = [:]
        func walk(_ path: String) throws {
            for name in host.files.names(in: path.isEmpty ? "/" : path) {
                let child = "\(path)/\(name)"
                if child == Places.state { continue }
                if let text = try? host.files.read(child) { found[child] = text } else { found[child] = "folder" }
                try walk(child)
            }
        }
        try walk("")
        return found
    }

    func run(_ command: Command) async -> CommandOutcome {
        trace.withLock { Self.answer(command, routes, &$0) }
    }

    private static func answer(_ command: Command, _ routes: String, _ trace: inout Trace) -> CommandOutcome {
        let (words, text) = (command.words, command.description)
        if let broken = trace.broken, text.hasPrefix(broken) { return CommandOutcome(status: 1, error: "broken") }
        if trace.missing.contains(words[0]) { return CommandOutcome(status: CommandOutcome.notFoundStatus) }
        func no() -> CommandOutcome { CommandOutcome(status: 1) }
        func change(_ body: (inout State) -> Void) -> CommandOutcome {
            if trace.lifetime == 0 { return no() }
            trace.lifetime = trace.lifetime.map { $0 - 1 }
            body(&trace.state)
            trace.changes.append(text)
            return CommandOutcome()
        }
        switch (words[0], words.dropFirst().first ?? "") {
        case ("wg", "genkey"), ("wg", "genpsk"):
            trace.keyCount += 1
            return CommandOutcome(output: key("private\(trace.keyCount)") + "\n")
        case ("wg", "pubkey"): return CommandOutcome(output: key("of" + (command.input ?? "").prefix(20)) + "\n")
        case ("wg", "show"): return CommandOutcome(output: trace.dump)
        case ("ip", "-json"): return CommandOutcome(output: words[2] == "-6" ? routes : "[]")
        case ("ip", "link"):
            if words[2] == "add", trace.hasProbe { return no() }
            trace.hasProbe = false
            return CommandOutcome()
        case ("ufw", "status"):
            return CommandOutcome(output: "Status: \(trace.state.firewall == .ufw ? "active" : "inactive")\n")
        case ("ufw", "show"): return CommandOutcome(output: trace.state.rules.sorted().map { "ufw \($0)\n" }.joined())
        case ("ufw", _):
            let rule = words.dropFirst().filter { $0 != "delete" }.prefix { $0 != "comment" }.joined(separator: " ")
            return change { state in
                if words.contains("delete") { state.rules.remove(rule) } else { state.rules.insert(rule) }
            }
        case ("firewall-cmd", _), ("firewall-offline-cmd", _):
            if words[0] == "firewall-cmd", trace.state.firewall != .firewalld {
                return CommandOutcome(status: 252, error: "FirewallD is not running")
            }
            guard let verb = ["--add-", "--remove-", "--query-"].first(where: text.contains) else {
                return CommandOutcome()
            }
            let isOffline = words[0] == "firewall-offline-cmd"
            let rule = (isOffline ? ["--permanent"] : []) + words.dropFirst()
            let name = rule.joined(separator: " ").replacing(verb, with: "--")
            if verb == "--query-" { return trace.state.rules.contains(name) ? CommandOutcome() : no() }
            return change { if verb == "--add-" { $0.rules.insert(name) } else { $0.rules.remove(name) } }
        case ("resolvconf", _) where trace.hasResolvconf: return CommandOutcome()
        case ("resolvconf", _), ("qrencode", _):
            return CommandOutcome(status: CommandOutcome.notFoundStatus)
        case ("systemctl", "is-enabled"): return trace.state.enabled.contains(words.last!) ? CommandOutcome() : no()
        case ("systemctl", "is-active"): return trace.state.active.contains(words.last!) ? CommandOutcome() : no()
        case ("systemctl", "enable"): return change { $0.enabled.insert(words.last!) }
        case ("systemctl", "start"), ("systemctl", "restart"), ("systemctl", "reload"):
            return change { $0.active.insert(words.last!) }
        case ("systemctl", "disable"):
            return change { state in
                state.enabled.remove(words.last!)
                state.active.remove(words.last!)
            }
        default: return CommandOutcome()
        }
    }

    /// Something of a key's form.
    private static func key(_ seed: String) -> String {
        let letters = seed.filter { $0.isLetter || $0.isNumber }.prefix(40)
        return letters + String(repeating: "A", count: 43 - letters.count) + "="
    }
}
