// SPDX-License-Identifier: GPL-2.0-or-later

public import Settings
public import Sockets

/// Decides which interfaces are links, with which source and destination addresses. It holds the configuration and the
/// exclusions made at run time, and uses no sockets.
public struct LinkPolicy: Sendable {
    /// The kinds of interfaces that usually belong to WireGuard: sending over them would loop. `tun` covers userspace
    /// implementations, and also tap devices.
    static let tunnelKinds: Set<String> = ["tun", "wireguard", "amneziawg"]

    private let destination: HostPort
    private let overrides: [DestinationOverride]
    private let excluded: [NamePattern]
    /// The patterns of included interfaces; empty when all others than the excluded ones are included.
    private let included: [NamePattern]
    /// The names whose configured exclusion is inverted at run time. They need not exist.
    public private(set) var swapped: Set<String> = []

    public init(destination: HostPort, overrides: [DestinationOverride] = [], excluded: ExcludedInterfaces = []) {
        self.destination = destination
        self.overrides = overrides
        self.excluded = excluded.names.map(NamePattern.init)
        included = excluded.allBut.map(NamePattern.init)
    }

    // MARK: Exclusion

    /// Returns true when `name` is excluded: by the configuration, unless it is inverted.
    public func isExcluded(_ name: String) -> Bool { exclusion(of: name) != nil }

    private func exclusion(of name: String) -> ExclusionCause? {
        let configured = configuredExclusion(of: name)
        if swapped.contains(name) { return configured == nil ? .request : nil }
        return configured
    }

    private func configuredExclusion(of name: String) -> ExclusionCause? {
        if let entry = excluded.first(where: { $0.matches(name) }) { return .configuration(entry: entry.text) }
        return included.isEmpty || included.contains { $0.matches(name) } ? nil : .omission
    }

    /// The maximum number of inverted names, so that requests for ever new names do not fill the memory.
    public static let swappedMax = 1024

    /// Inverts the exclusion of `name`. Returns false when ``swappedMax`` names are inverted already.
    @discardableResult
    public mutating func swapExclusion(_ name: String) -> Bool {
        guard swapped.count < Self.swappedMax || swapped.contains(name) else { return false }
        swapped.formSymmetricDifference([name])
        return true
    }

    /// Includes `name`. Returns false when it was not excluded.
    public mutating func include(_ name: String) -> Bool {
        isExcluded(name) && swapExclusion(name)
    }

    /// Excludes `name`. Returns false when it was excluded already.
    public mutating func exclude(_ name: String) -> Bool {
        !isExcluded(name) && swapExclusion(name)
    }

    /// Resets all exclusions to the configuration.
    public mutating func resetExclusions() { swapped = [] }

    // MARK: Destination

    /// Returns the destination of `name`: that of the first matching override, else the general one.
    public func destination(for name: String) -> HostPort {
        overrides.first { $0.matches(name) }?.destination ?? destination
    }

    /// All destinations, for name resolution.
    public var destinations: [HostPort] { [destination] + overrides.map(\.destination) }

    // MARK: Verdict

    /// The maximum number of pairs of one link, which bounds the time until the last one is tried.
    private static let candidatesMax = 16

    /// Returns the verdict about an interface.
    ///
    /// - Parameters:
    ///   - current: the source address in use, which stays usable while it is tentative.
    ///   - answered: destinations that have answered over some link; they are tried before others.
    ///   - routes: the routing tables.
    ///   - resolved: returns the addresses of a name, best first; empty when it has none yet. Not called for address
    ///     literals.
    public func judge(
        _ interface: Interface, current: IPAddress? = nil, answered: Set<SocketAddress> = [],
        routes: any RouteLookup, resolved: (HostPort) -> [IPAddress]
    ) -> LinkVerdict {
        if let cause = exclusion(of: interface.name) { return .excluded(by: cause) }
        if let reason = obstacle(of: interface) { return .idle(reason) }
        let addresses = sourceAddresses(of: interface, current: current)
        guard !addresses.isEmpty else {
            let isChecking = interface.addresses.contains { $0.isUsable && $0.isTentative }
            return .idle(isChecking ? .tentativeAddress : .noEligibleAddress)
        }
        let destination = destination(for: interface.name)
        let targets = targets(destination, answered, resolved)
        guard let first = targets.first else { return .idle(.unresolved(destination)) }
        let families = Set(addresses.map(\.ip.family))
        guard targets.contains(where: { families.contains($0.ip.family) }) else {
            return .idle(.noAddressOfDestinationFamily(first.ip.family))
        }
        let candidates = candidates(over: interface.index, from: addresses, to: targets, routes)
        return candidates.isEmpty ? .idle(.noRoute(destination)) : .carries(candidates)
    }

    /// Returns the addresses of a destination in the order to try: those that have answered, then IPv4, then IPv6.
    private func targets(
        _ destination: HostPort, _ answered: Set<SocketAddress>, _ resolved: (HostPort) -> [IPAddress]
    ) -> [SocketAddress] {
        let addresses = IPAddress(destination.host).map { [$0] } ?? resolved(destination)
        let targets = [IPAddress.Family.v4, .v6].flatMap { family in
            addresses.filter { $0.family == family }.map { SocketAddress($0, port: destination.port) }
        }
        return targets.filter(answered.contains) + targets.filter { !answered.contains($0) }
    }

    /// Returns the pairs with a route: each destination with its best source address, then each with its second-best.
    private func candidates(
        over interface: Int32, from addresses: [InterfaceAddress], to targets: [SocketAddress],
        _ routes: any RouteLookup
    ) -> [CandidatePair] {
        let sources = targets.map { target in
            ranked(addresses.filter { $0.ip.family == target.ip.family }) {
                routes.preferredSource(over: interface, to: target)
            }
            .filter { routes.route(over: interface, to: target, from: $0) != .none }
        }
        let depth = sources.map(\.count).max() ?? 0
        let pairs = (0..<depth).flatMap { rank in
            zip(targets, sources).compactMap { target, sources in
                sources.count > rank ? CandidatePair(source: sources[rank], destination: target) : nil
            }
        }
        return Array(pairs.prefix(Self.candidatesMax))
    }

    /// Returns source addresses, best first: the kernel's choice, then by standing.
    ///
    /// A temporary address that the kernel prefers is replaced by a permanent one of the same network, so that the path
    /// does not change with it.
    private func ranked(_ addresses: [InterfaceAddress], _ preferred: () -> IPAddress?) -> [IPAddress] {
        let byStanding = addresses.enumerated()
            .sorted { ($0.element.standing, $0.offset) < ($1.element.standing, $1.offset) }.map(\.element)
        guard byStanding.count > 1, let chosen = preferred() else { return byStanding.map(\.ip) }
        let best =
            byStanding.first { $0.standing == .preferred && $0.sharesNetwork(with: chosen) && chosen != $0.ip
                && addresses.contains { $0.ip == chosen && $0.standing == .temporary } }
            ?? byStanding.first { $0.ip == chosen }
        guard let best else { return byStanding.map(\.ip) }
        return [best.ip] + byStanding.map(\.ip).filter { $0 != best.ip }
    }

    /// Returns the source address that `interface` would use if it were up, included, and its destination resolved.
    public func displayAddress(_ interface: Interface) -> IPAddress? {
        let addresses = sourceAddresses(of: interface, current: nil)
        let literal = IPAddress(destination(for: interface.name).host)
        let fitting = ranked(addresses.filter { literal == nil || $0.ip.family == literal!.family }) { nil }
        return fitting.first { $0.family == .v4 } ?? fitting.first
    }

    /// Returns the usable source addresses. Those of loopback are used only when there are no others.
    private func sourceAddresses(of interface: Interface, current: IPAddress?) -> [InterfaceAddress] {
        let eligible = interface.addresses.filter { $0.isEligible || $0.isUsable && $0.ip == current }
        guard eligible.isEmpty, interface.isLoopback else { return eligible }
        return interface.addresses.filter(\.ip.isLoopback)
    }

    /// Returns the reason that prevents a link. Patterns do not enable tunnels, because `"*"` would match WireGuard's
    /// own interface.
    private func obstacle(of interface: Interface) -> IdleReason? {
        if !overrides.contains(where: { $0.interface == interface.name }) {
            if interface.isLoopback { return .loopback }
            if Self.tunnelKinds.contains(interface.kind) { return .tunnel(kind: interface.kind) }
        }
        if !interface.isAdministrativelyUp { return .down }
        if !interface.hasCarrier { return .noCarrier }
        return nil
    }
}
