// SPDX-License-Identifier: GPL-2.0-or-later

/// Counts the datagrams that a namespace sends to given addresses or ports, from the moment it is made.
public final class OutgoingWatch {
    private let namespace: Namespace
    /// What each rule matches on, as nft prints it.
    private let targets: [String]

    /// To IPv4 addresses. A watch made later in the same namespace takes the place of this one.
    public convenience init(in namespace: Namespace, to addresses: [String]) throws {
        try self.init(namespace, addresses.map { "ip daddr \($0) meta l4proto udp" })
    }

    /// To UDP ports of whatever address.
    public convenience init(in namespace: Namespace, toPorts ports: [Int]) throws {
        try self.init(namespace, ports.map { "udp dport \($0)" })
    }

    private init(_ namespace: Namespace, _ targets: [String]) throws {
        self.namespace = namespace
        self.targets = targets
        let rules = targets.map { "    \($0) counter\n" }.joined()
        try run(
            ["nft", "-f", "-"], in: namespace,
            input: """
                table ip watch
                delete table ip watch
                table ip watch {
                  chain out {
                    type filter hook output priority 0; policy accept;
                \(rules)  }
                }

                """)
    }

    /// Datagrams to each target so far, in the order given.
    public func counts() throws -> [Int] {
        let text = try run(["nft", "list", "table", "ip", "watch"], in: namespace)
        let lines = text.split(separator: "\n")
        return targets.map { target in
            let line = lines.first { $0.contains("\(target) counter") }
            let words = line?.split(separator: " ") ?? []
            guard let index = words.firstIndex(of: "packets"), index + 1 < words.count else { return 0 }
            return Int(words[index + 1]) ?? 0
        }
    }
}
