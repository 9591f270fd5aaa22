// SPDX-License-Identifier: GPL-2.0-or-later

internal import FoundationEssentials

/// The kernel's packet filter, as `nft -j list ruleset` prints it.
public struct Rules: Hashable, Sendable {
    /// A chain that every packet of a hook passes.
    public struct Chain: Hashable, Sendable {
        public var family: String
        public var table: String
        public var name: String
        public var hook: String
        public var isDropPolicy: Bool
    }

    public var chains: [Chain] = []
    /// True when some rule masquerades.
    public var masquerades = false
    /// By table, what its rules accept.
    private var accepted: [String: Accepted] = [:]
    /// Chains of any kind, by table.
    private var names: [String: Set<String>] = [:]

    private struct Accepted: Hashable {
        var interfaces: Set<String> = []
        var ports: Set<UInt16> = []
    }

    /// - Throws: when it is no such JSON.
    public init(json: String) throws {
        struct Ruleset: Decodable { var nftables: [Item] }
        for item in try JSONDecoder().decode(Ruleset.self, from: Data(json.utf8)).nftables {
            if let chain = item.chain { add(chain) }
            if let rule = item.rule { add(rule) }
        }
    }

    /// Returns whether a rule of the chain's table accepts what comes in by an interface.
    func accepts(interface name: String, _ chain: Chain) -> Bool {
        accepted[chain.family + chain.table]?.interfaces.contains(name) == true
    }

    /// Returns whether a rule of the chain's table accepts UDP datagrams to a port.
    func accepts(port: UInt16, _ chain: Chain) -> Bool {
        accepted[chain.family + chain.table]?.ports.contains(port) == true
    }

    func has(chain name: String, in chain: Chain) -> Bool { names[chain.family + chain.table]?.contains(name) == true }

    private mutating func add(_ chain: Item.Chain) {
        names[chain.family + chain.table, default: []].insert(chain.name)
        guard let hook = chain.hook, chain.type == "filter" else { return }
        chains.append(
            Chain(
                family: chain.family, table: chain.table, name: chain.name, hook: hook,
                isDropPolicy: chain.policy == "drop"))
    }

    private mutating func add(_ rule: Item.Rule) {
        let statements = rule.expr ?? []
        if statements.contains(where: { $0.has("masquerade") }) { masquerades = true }
        guard statements.contains(where: { $0.has("accept") }) else { return }
        for statement in statements {
            guard case .object(let match)? = statement["match"], case .text("==")? = match["op"] else { continue }
            let right = match["right"]
            if case .object(let left)? = match["left"] {
                if case .object(let meta)? = left["meta"], case .text("iifname")? = meta["key"] {
                    accepted[rule.family + rule.table, default: Accepted()].interfaces.formUnion(right?.texts ?? [])
                }
                if case .object(let payload)? = left["payload"], case .text("dport")? = payload["field"] {
                    accepted[rule.family + rule.table, default: Accepted()].ports.formUnion(right?.ports ?? [])
                }
            }
        }
    }

    private struct Item: Decodable {
        struct Chain: Decodable {
            var family: String
            var table: String
            var name: String
            var type: String?
            var hook: String?
            var policy: String?
        }

        struct Rule: Decodable {
            var family: String
            var table: String
            var expr: [Tree]?
        }

        var chain: Chain?
        var rule: Rule?
    }

    /// Some JSON: what statements are made of.
    private indirect enum Tree: Decodable {
        case text(String)
        case number(Double)
        case list([Tree])
        case object([String: Tree])
        case other

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let text = try? value.decode(String.self) {
                self = .text(text)
            } else if let number = try? value.decode(Double.self) {
                self = .number(number)
            } else if let list = try? value.decode([Tree].self) {
                self = .list(list)
            } else if let object = try? value.decode([String: Tree].self) {
                self = .object(object)
            } else {
                self = .other
            }
        }

        subscript(name: String) -> Tree? { if case .object(let object) = self { object[name] } else { nil } }
        func has(_ name: String) -> Bool { self[name] != nil }

        var texts: [String] {
            switch self {
            case .text(let text): [text]
            case .list(let list): list.flatMap(\.texts)
            case .object(let object): object["set"]?.texts ?? []
            default: []
            }
        }

        /// Single ports, and those of a set or a range of at most 1,000.
        var ports: [UInt16] {
            switch self {
            case .number(let number): UInt16(exactly: number).map { [$0] } ?? []
            case .list(let list): list.flatMap(\.ports)
            case .object(let object):
                if let set = object["set"] {
                    set.ports
                } else if case .list(let bounds)? = object["range"], let first = bounds.first?.ports.first,
                    let last = bounds.last?.ports.last, first <= last, last - first < 1_000
                {
                    Array(first...last)
                } else {
                    []
                }
            default: []
            }
        }
    }
}
