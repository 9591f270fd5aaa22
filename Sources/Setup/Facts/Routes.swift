// SPDX-License-Identifier: GPL-2.0-or-later

internal import FoundationEssentials
public import Host
public import Sockets

/// The routes of this machine, in all of its tables.
public struct Routes: Hashable, Sendable {
    /// Destinations of all but default routes.
    public var networks: [AddressPrefix] = []
    /// True when the machine knows a way to the IPv6 Internet.
    public var reachesIPv6 = false
    /// Interfaces whose IPv6 default route the kernel itself takes from router advertisements. It stops to once it
    /// forwards, unless told otherwise.
    public var advertised: Set<String> = []

    /// Returns the first route that takes packets for one of these networks: to the same network, or to a part of it.
    /// A part of one address takes nothing but that address, and may be this machine's own.
    func rival(of networks: [AddressPrefix]) -> AddressPrefix? {
        self.networks.first { route in
            route.bits < (route.base.family == .v4 ? 32 : 128)
                && networks.contains { $0.bits <= route.bits && $0.contains(route.base) }
        }
    }

    private struct Row: Decodable {
        var dst: String
        var dev: String?
        var `protocol`: String?
    }

    /// Reads the tables.
    ///
    /// - Throws: when `ip` is missing or says something else.
    public static func read(_ host: Host) async throws -> Routes {
        var routes = Routes()
        for family in ["-4", "-6"] {
            let outcome = await host.run("ip", "-json", family, "route", "show", "table", "all")
            // A kernel without IPv6 has no routes of it.
            guard outcome.succeeded || family == "-6" else { throw SetupFailure("ip route: \(outcome.complaint)") }
            try routes.add(outcome.output, family)
        }
        return routes
    }

    mutating func add(_ json: String, _ family: String) throws {
        guard !json.trimmed.isEmpty else { return }
        for row in try JSONDecoder().decode([Row].self, from: Data(json.utf8)) where row.dev != Places.tunnel {
            if row.dst != "default" {
                if let network = AddressPrefix(row.dst) { networks.append(network) }
            } else if family == "-6", row.dev != "lo" {
                reachesIPv6 = true
                if row.protocol == "ra", let device = row.dev { advertised.insert(device) }
            }
        }
    }
}
