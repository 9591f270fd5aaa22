// SPDX-License-Identifier: GPL-2.0-or-later

import Links
import Sockets

/// Routing tables for tests: every interface leads everywhere but where it is said not to.
struct FakeRoutes: RouteLookup {
    /// Destinations that no interface leads to.
    var unreachable: Set<String> = []
    /// Pairs `source destination` that have no route.
    var unroutedPairs: Set<String> = []
    /// The kernel's choice of a source address, by destination.
    var preferred: [String: String] = [:]
    /// Whether the kernel filters reverse paths.
    var refuses = false

    func route(over interface: Int32, to destination: SocketAddress, from source: IPAddress?) -> RouteAnswer {
        let isUnrouted = source.map { unroutedPairs.contains("\($0) \(destination.ip)") } ?? false
        return unreachable.contains("\(destination.ip)") || isUnrouted ? .none : .route(gateway: nil)
    }

    func preferredSource(over interface: Int32, to destination: SocketAddress) -> IPAddress? {
        preferred["\(destination.ip)"].flatMap { IPAddress($0) }
    }

    func refusesAnswers(over interface: Int32, from destination: SocketAddress, to source: IPAddress) -> Bool {
        refuses
    }
}
