// SPDX-License-Identifier: GPL-2.0-or-later

public import Host

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
        ("sockets", ["ss", "-uanp"]), ("kernel", ["uname", "-a"]),
        (
            "journal",
            [
                "journalctl", "--no-pager", "-n", "400", "-u", "engarde-client", "-u", "engarde-server", "-u",
                "wg-quick@engarde0",
            ]
        ),
        ("status", ["engarde", "status", "--json"]), ("version", ["engarde", "--version"]),
    ]

    private let host: Host
    private var redaction: Redaction

    /// - Parameter names: texts to replace, as the server's name.
    public init(_ host: Host, names: [String]) {
        self.host = host
        redaction = Redaction(names: names)
    }

    /// Writes the archive.
    ///
    /// - Parameters:
    ///   - path: the archive's.
    ///   - findings: the doctor's lines.
    ///   - configuration: the path of the file.
    ///   - folder: an empty one to gather files in.
    public mutating func write(
        to path: String, findings: [String], configuration: String, folder: String
    ) async throws {
        var names: [String] = []
        func add(_ name: String, _ text: String) throws {
            try host.files.write(redaction.redacted(text), to: "\(folder)/\(name).txt", mode: 0o600)
            names.append("\(name).txt")
        }
        try add("doctor", findings.joined(separator: "\n") + "\n")
        if let text = try host.files.read(configuration) { try add("engarde.yml", text) }
        for (name, words) in Self.commands {
            let outcome = await host.commands.run(Command(words))
            try add(name, "\(Command(words))\n\(outcome.output)\(outcome.error)")
        }
        let outcome = await host.commands.run(
            Command(["tar", "-czf", host.files.place(path), "-C", host.files.place(folder)] + names))
        guard outcome.succeeded else { throw HostFailure("tar: \(outcome.complaint)") }
    }
}
