// SPDX-License-Identifier: GPL-2.0-or-later

public import Host
internal import Setup

/// An archive for a report, with everything a reader asks for and nothing that is nobody's business.
public struct ReportBundle {
    private static let commands: [(name: String, words: [String])] = [
        ("addresses", ["ip", "address"]), ("routes", ["ip", "route", "show", "table", "all"]),
        ("routes6", ["ip", "-6", "route", "show", "table", "all"]), ("rules", ["ip", "rule"]),
        ("wireguard", ["wg", "show", "all"]), ("firewall", ["nft", "list", "ruleset"]),
        (
            "sysctl",
            [
                "sysctl", "-a", "-r",
                "^net\\.(ipv4|ipv6)\\.conf\\..*\\.(rp_filter|forwarding)$|ip_forward$|io_uring|[rw]mem_max",
            ]
        ),
        ("sockets", ["ss", "-uanp"]), ("kernel", ["uname", "-srvm"]),
        (
            "journal",
            [
                "journalctl", "--no-pager", "--no-hostname", "-n", "400", "-u", Places.service(.client), "-u",
                Places.service(.server), "-u", Places.tunnelService,
            ]
        ),
        ("status", ["engarde", "status", "--json"]), ("version", ["engarde", "--version"]),
    ]

    private let host: Host
    private let names: [String]

    /// - Parameter names: texts to replace, as the server's name. This machine's own are replaced as well.
    public init(_ host: Host, names: [String]) {
        self.host = host
        self.names = names
    }

    /// Writes the archive.
    ///
    /// - Parameters:
    ///   - path: the archive's.
    ///   - findings: the doctor's lines.
    ///   - configuration: the path of the file.
    ///   - folder: an empty one to gather files in.
    public func write(
        to path: String, findings: [String], configuration: String, folder: String
    ) async throws {
        var redaction = Redaction(names: names, hosts: await hostNames())
        var names: [String] = []
        func add(_ name: String, _ redacted: String) throws {
            try host.files.write(redacted, to: "\(folder)/\(name).txt", mode: 0o600)
            names.append("\(name).txt")
        }
        try add("doctor", redaction.redacted(findings.joined(separator: "\n") + "\n"))
        if let text = try host.files.read(configuration) {
            try add("engarde.yml", redaction.redacted(configuration: text))
        }
        for (name, words) in Self.commands {
            let outcome = await host.commands.run(Command(words))
            try add(name, redaction.redacted("\(Command(words))\n\(outcome.output)\(outcome.error)"))
        }
        // Without a slash before it tar takes what stands before a colon for another machine.
        let archive = host.files.place(path.hasPrefix("/") ? path : "./\(path)")
        let outcome = await host.commands.run(
            Command(["tar", "-czf", archive, "-C", host.files.place(folder)] + names))
        guard outcome.succeeded else { throw HostFailure("tar: \(outcome.complaint)") }
    }

    /// Returns the names of this machine: the whole one, and what stands before its first dot.
    private func hostNames() async -> [String] {
        let name = await host.run("uname", "-n").output.filter { !$0.isWhitespace }
        return [name, String(name.prefix { $0 != "." })]
    }
}
