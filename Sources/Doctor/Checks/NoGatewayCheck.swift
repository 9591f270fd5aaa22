// SPDX-License-Identifier: GPL-2.0-or-later

internal import Host
internal import Settings
internal import Sockets

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
                        "ip", family, "route", "add", "default", "via", "\(gateway)", "dev", link.name, "metric", "4000"
                    )
                ]
            }
            return Finding(
                "\(name) \(link.name)", .fail, "it has an address, and no route to \(destination) leaves by it",
                Repair(
                    commands ?? [], "for good a gateway with a high metric where this machine's network is configured"))
        }
        let carrying = facts.carrying
        return lost.isEmpty
            ? (carrying.isEmpty ? [] : ok("\(carrying.map(\.name).joined(separator: ", ")) have a route")) : lost
    }
}
