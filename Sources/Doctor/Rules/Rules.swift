// SPDX-License-Identifier: GPL-2.0-or-later

internal import FoundationEssentials

/// The kernel's packet filter, as `nft -j list ruleset` prints it.
public struct Rules: Sendable {
    /// A chain that every packet of a hook passes.
    struct Chain: Hashable, Sendable {
        var family: String
        var table: String
        var name: String
        /// `filter` or `nat`.
        var type: String
        var hook: String
        var isDropPolicy: Bool

        /// The family and the table, in which other chains and sets have their names.
        var place: String { "\(family) \(table)" }
    }

    private(set) var chains: [Chain] = []
    /// True when a rule gives packets another destination.
    private(set) var redirects = false
    /// The statements of each rule, in order, by the chain with its place.
    private var statements: [String: [[Tree]]] = [:]
    /// The elements of sets and maps, by name with its place.
    private var elements: [String: [Tree]] = [:]

    /// - Throws: when it is no such JSON.
    public init(json: String) throws {
        let tree = try JSONDecoder().decode(Tree.self, from: Data(json.utf8))
        guard let items = tree["nftables"]?.list else { throw Unreadable() }
        for item in items {
            guard let (kind, value) = item.member, let family = value["family"]?.text, let table = value["table"]?.text
            else { continue }
            let place = "\(family) \(table)"
            let name = "\(place) \((value["name"] ?? value["chain"])?.text ?? "")"
            switch kind {
            case "chain": add(chain: value, family, table, name)
            case "rule":
                let rule = value["expr"]?.list ?? []
                statements[name, default: []].append(rule)
                if rule.contains(where: { $0["dnat"] != nil || $0["redirect"] != nil || Self.isRedirection($0) }) {
                    redirects = true
                }
            case "set", "map": elements[name] = value["elem"]?.list ?? []
            default: continue
            }
        }
    }

    private struct Unreadable: Error {}

    private mutating func add(chain: Tree, _ family: String, _ table: String, _ name: String) {
        if statements[name] == nil { statements[name] = [] }
        guard let hook = chain["hook"]?.text, let type = chain["type"]?.text else { return }
        chains.append(
            Chain(
                family: family, table: table, name: chain["name"]?.text ?? "", type: type, hook: hook,
                isDropPolicy: chain["policy"]?.text == "drop"))
    }

    private static func isRedirection(_ statement: Tree) -> Bool {
        let name = statement["xt"]?["name"]?.text
        return name == "DNAT" || name == "REDIRECT"
    }

    /// Returns the rules of a chain; nil when there is no such chain.
    func rules(of chain: String, in place: String) -> [[Tree]]? { statements["\(place) \(chain)"] }

    /// Returns the elements of a set or a map; nil when there is none.
    func elements(of set: String, in place: String) -> [Tree]? { elements["\(place) \(set)"] }

    func has(chain name: String, in chain: Chain) -> Bool { rules(of: name, in: chain.place) != nil }
}
