// SPDX-License-Identifier: GPL-2.0-or-later

/// The way of one packet through the chains of a table.
///
/// A rule whose conditions are not known to hold nor to fail leaves both ways open, so that a fate which is the only
/// one is certain.
struct Walk {
    /// One statement of a rule.
    private enum Effect {
        case condition(Answer)
        case end(Fates)
    }

    /// Targets of iptables after which the next rule follows.
    private static let harmless: Set<String> = [
        "LOG", "NFLOG", "MARK", "CONNMARK", "TCPMSS", "TRACE", "CLASSIFY", "DSCP", "CT", "CHECKSUM", "SET",
    ]

    private let rules: Rules
    private let packet: Packet
    private let place: String
    /// Chains that have been walked through; of one on the way it is anything.
    private var known: [String: Fates] = [:]

    private init(_ rules: Rules, _ packet: Packet, _ place: String) {
        self.rules = rules
        self.packet = packet
        self.place = place
    }

    /// Returns what may become of a packet in a chain of a hook, by its policy where no rule decides.
    static func fates(of packet: Packet, in chain: Rules.Chain, _ rules: Rules) -> Fates {
        var packet = packet
        packet.isRedirected = rules.redirects
        var walk = Walk(rules, packet, chain.place)
        return walk.fates(through: chain.name)
            .replacing(.returned, by: chain.isDropPolicy ? .dropped : .accepted)
    }

    private mutating func fates(through chain: String) -> Fates {
        if let fates = known[chain] { return fates }
        known[chain] = [.accepted, .returned]
        var result: Fates = []
        for rule in rules.rules(of: chain, in: place) ?? [] {
            result.formUnion(fates(of: rule))
            guard result.contains(.passed) else {
                known[chain] = result
                return result
            }
            result.remove(.passed)
        }
        result.insert(.returned)
        known[chain] = result
        return result
    }

    private mutating func fates(of rule: [Tree]) -> Fates {
        var isCertain = true
        for statement in rule {
            switch effect(of: statement, in: rule) {
            case .condition(.yes): continue
            case .condition(.no): return .passed
            case .condition(.maybe): isCertain = false
            case .end(let fates): return isCertain ? fates : fates.union(.passed)
            }
        }
        return .passed
    }

    private mutating func effect(of statement: Tree, in rule: [Tree]) -> Effect {
        guard let (name, value) = statement.member else { return .end([.accepted, .passed]) }
        switch name {
        case "match":
            guard let left = value["left"], let right = value["right"] else { return .condition(.maybe) }
            guard let others = elements(right) else { return .condition(.maybe) }
            return .condition(packet.value(of: left).meets(value["op"]?.text ?? "", others))
        case "counter", "log", "mangle", "notrack", "comment": return .condition(.yes)
        case "limit", "quota", "ct count", "meter", "set", "map", "ct helper", "ct timeout", "flow":
            return .condition(.maybe)
        case "xt": return iptables(value, in: rule)
        case "vmap": return .end(fates(of: value))
        default: return .end(verdict(name, value) ?? [.accepted, .passed])
        }
    }

    /// Returns the fates that a verdict leads to; nil when it is none that is known.
    private mutating func verdict(_ name: String, _ value: Tree) -> Fates? {
        switch name {
        case "accept": .accepted
        case "drop", "reject": .dropped
        case "masquerade", "snat": .translated
        case "return": .returned
        case "continue": .passed
        case "goto": fates(through: value["target"]?.text ?? "")
        case "jump": fates(through: value["target"]?.text ?? "").replacing(.returned, by: .passed)
        default: nil
        }
    }

    /// A map of verdicts: the first element that the packet has for certain is the last that counts.
    private mutating func fates(of map: Tree) -> Fates {
        guard let key = map["key"], let pairs = map["data"].flatMap({ elements($0) }) else {
            return [.accepted, .dropped, .passed]
        }
        var result: Fates = []
        for pair in pairs {
            guard let pair = pair.list, pair.count == 2 else { return [.accepted, .dropped, .passed] }
            let answer = packet.value(of: key).isOne(of: [pair[0]])
            guard answer != .no else { continue }
            result.formUnion(pair[1].member.flatMap { verdict($0.name, $0.value) } ?? [.accepted, .passed])
            if answer == .yes { return result }
        }
        return result.union(.passed)
    }

    /// A part of iptables that nft does not look into.
    private func iptables(_ value: Tree, in rule: [Tree]) -> Effect {
        let name = value["name"]?.text ?? ""
        if value["type"]?.text == "match" {
            // Alone it lets the answers of flows in, or throws out what is of none: a first packet is neither.
            let conditions = rule.count { $0["match"] != nil || $0["xt"]?["type"]?.text == "match" }
            let isAlone = (name == "conntrack" || name == "state") && conditions == 1
            return .condition(isAlone ? .no : .maybe)
        }
        switch name {
        case "REJECT": return .end(.dropped)
        case "MASQUERADE", "SNAT": return .end(.translated)
        case _ where Self.harmless.contains(name): return .condition(.yes)
        default: return .end([.accepted, .translated, .passed])
        }
    }

    /// Returns the values that a right side has; nil when they are not known.
    private func elements(_ right: Tree) -> [Tree]? {
        if let name = right.text, name.hasPrefix("@") { return rules.elements(of: String(name.dropFirst()), in: place) }
        let value = right["set"] ?? right
        return value.list ?? [value]
    }
}
