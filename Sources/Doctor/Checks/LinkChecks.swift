// SPDX-License-Identifier: GPL-2.0-or-later

internal import Host
internal import Links
internal import Settings
internal import Sockets
internal import Status

/// Each interface with an address knows a way to the server.
enum NoGatewayCheck: Check {
    static let name = "no-gateway"

    static func findings(_ facts: Facts) -> [Finding] {
        guard facts.client != nil else { return [] }
        let lost = facts.links.compactMap { link -> Finding? in
            guard case .noRoute(let destination) = link.verdict else { return nil }
            let commands = link.candidate.map { gateway -> [Command] in
                let family = gateway.family == .v4 ? "-4" : "-6"
                return [
                    Command(
                        "ip", family, "route", "add", "default", "via", "\(gateway)", "dev", link.name, "metric", "4000")
                ]
            }
            return Finding(
                "\(name) \(link.name)", .fail, "it has an address, and no route to \(destination) leaves by it",
                Repair(commands ?? [], "for good a gateway with a high metric where this machine's network is configured"))
        }
        let carrying = facts.links.filter { $0.verdict == .carries }
        return lost.isEmpty ? (carrying.isEmpty ? [] : ok("\(carrying.map(\.name).joined(separator: ", ")) have a route")) : lost
    }
}

/// What the server sends back over a link is let in.
enum ReversePathCheck: Check {
    static let name = "reverse-path"

    static func findings(_ facts: Facts) -> [Finding] {
        let strict = facts.links.filter { $0.verdict == .carries && $0.isFilteredStrictly }
        guard !strict.isEmpty else { return facts.links.contains { $0.verdict == .carries } ? ok("answers are let in") : [] }
        return strict.map { link in
            let setting = link.name.contains(".") ? "net/ipv4/conf/\(link.name)/rp_filter" : "net.ipv4.conf.\(link.name).rp_filter"
            return Finding(
                "\(name) \(link.name)", .fail, "strict reverse-path filtering drops the server's answers",
                Repair([Command("sysctl", "-w", "\(setting)=2")], "for good in /etc/sysctl.d"))
        }
    }
}

/// No link leads into the tunnel that the links carry.
enum LoopCheck: Check {
    static let name = "loops-into-tunnel"

    static func findings(_ facts: Facts) -> [Finding] {
        let names = Set(facts.tunnels.map(\.name))
        let carrying = facts.links.filter { $0.verdict == .carries }
        let looping = carrying.filter { names.contains($0.name) }
        guard !looping.isEmpty else { return carrying.isEmpty ? [] : ok("no link leads into the tunnel") }
        return looping.map { link in
            Finding(
                "\(name) \(link.name)", .fail, "a link is the tunnel itself: each datagram would be sent through itself",
                Repair(
                    [Command("engarde", "link", "exclude", link.name)], "for good in excludedInterfaces, \(facts.file)"))
        }
    }
}

/// One fault takes one link.
enum SameWayCheck: Check {
    static let name = "same-way"

    static func findings(_ facts: Facts) -> [Finding] {
        let carrying = facts.links.filter { $0.verdict == .carries }
        guard carrying.count > 1 else { return [] }
        let groups = Dictionary(grouping: carrying.filter { $0.gateway != nil }) { $0.gateway! }
        let shared = groups.filter { $0.value.count > 1 }.sorted { "\($0.key)" < "\($1.key)" }
        guard !shared.isEmpty else { return ok("each link has a gateway of its own") }
        return shared.map { gateway, links in
            Finding(
                "\(name) \(links.map(\.name).joined(separator: " "))", .warn,
                "they have one gateway, \(gateway): one fault takes them all")
        }
    }
}

/// More than one link carries.
enum LastLinkCheck: Check {
    static let name = "last-link"

    static func findings(_ facts: Facts) -> [Finding] {
        guard facts.client != nil, facts.refusal == nil else { return [] }
        let carrying = facts.clientStatus.map { $0.links.filter(\.state.isInFanOut).map(\.name) }
            ?? facts.links.filter { $0.verdict == .carries }.map(\.name)
        switch carrying.count {
        case 0: return [Finding(name, .fail, "no link carries", Repair([], "engarde check says why each interface is none"))]
        case 1: return [Finding(name, .warn, "\(carrying[0]) is the only link: when it fails the tunnel does")]
        default: return ok("\(carrying.count) links carry")
        }
    }
}

/// The names of the file have addresses.
enum NameCheck: Check {
    static let name = "name"

    static func findings(_ facts: Facts) -> [Finding] {
        let unknown = facts.addresses.filter { $0.value.isEmpty }.keys.sorted()
        guard !unknown.isEmpty else { return facts.addresses.isEmpty ? [] : ok("\(facts.addresses.keys.sorted().joined(separator: ", ")) resolved") }
        return unknown.map {
            Finding(name, .fail, "\($0) has no address", Repair([], "look at the name in \(facts.file), and at /etc/resolv.conf"))
        }
    }
}
