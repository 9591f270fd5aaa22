// SPDX-License-Identifier: GPL-2.0-or-later

public import Settings
public import Sockets

/// Which interfaces are links, from which address and to where. Pure: it keeps what the configuration and the
/// run-time requests say, and knows no sockets.
public struct LinkPolicy: Sendable {
    /// Kinds whose interfaces are as a rule WireGuard's own: to send over them would loop. `tun` covers
    /// userspace implementations, and tap devices with them.
    static let tunnelKinds: Set<String> = ["tun", "wireguard", "amneziawg"]

    private let destination: HostPort
    private let overrides: [DestinationOverride]
    private let excluded: [NamePattern]
    /// Names whose configured exclusion is turned round at run time. They need not exist.
    public private(set) var swapped: Set<String> = []

    /// - Parameter excluded: names, and globs as ``NamePattern`` describes them.
    public init(destination: HostPort, overrides: [DestinationOverride] = [], excluded: [String] = []) {
        self.destination = destination
        self.overrides = overrides
        self.excluded = excluded.map(NamePattern.init)
    }

    // MARK: Exclusion

    /// Configured XOR swapped.
    public func isExcluded(_ name: String) -> Bool { exclusion(of: name) != nil }

    private func exclusion(of name: String) -> ExclusionCause? {
        let entry = excluded.first { $0.matches(name) }
        if swapped.contains(name) { return entry == nil ? .request : nil }
        return entry.map { .configuration(entry: $0.text) }
    }

    /// Turns the exclusion of `name` round.
    public mutating func swapExclusion(_ name: String) { swapped.formSymmetricDifference([name]) }

    /// Ends the exclusion of `name`; false when it was not excluded.
    public mutating func include(_ name: String) -> Bool {
        guard isExcluded(name) else { return false }
        swapExclusion(name)
        return true
    }

    /// Excludes `name`; false when it was excluded.
    public mutating func exclude(_ name: String) -> Bool {
        guard !isExcluded(name) else { return false }
        swapExclusion(name)
        return true
    }

    /// Back to what is configured.
    public mutating func resetExclusions() { swapped = [] }

    // MARK: Destination

    /// Where `name` sends to: the first override whose name or pattern it matches, else the general destination.
    public func destination(for name: String) -> HostPort {
        overrides.first { $0.matches(name) }?.destination ?? destination
    }

    /// All destinations that may be asked for, for whoever resolves them.
    public var destinations: [HostPort] { [destination] + overrides.map(\.destination) }

    // MARK: Verdict

    /// Says what `interface` is now.
    ///
    /// - Parameters:
    ///   - current: the source address in use, kept while it is eligible and of a family the destination has.
    ///   - resolved: the addresses of a name, best first; empty when it has none yet. Not asked for address
    ///     literals.
    public func judge(
        _ interface: Interface, current: IPAddress? = nil, resolved: (HostPort) -> [IPAddress]
    ) -> LinkVerdict {
        if let cause = exclusion(of: interface.name) { return .excluded(by: cause) }
        if let reason = obstacle(of: interface) { return .idle(reason) }
        let eligible = eligibleAddresses(of: interface)
        guard !eligible.isEmpty else { return .idle(.noEligibleAddress) }
        let destination = destination(for: interface.name)
        let targets = IPAddress(destination.host).map { [$0] } ?? resolved(destination)
        guard let target = targets.first else { return .idle(.unresolved(destination)) }
        guard let source = source(of: eligible, current: current, families: Set(targets.map(\.family))) else {
            return .idle(.noAddressOfDestinationFamily(target.family))
        }
        let best = targets.first { $0.family == source.family } ?? target
        return .carries(source: source, destination: SocketAddress(best, port: destination.port))
    }

    /// The address `interface` would send from if it were up, included and its destination's name resolved.
    public func displayAddress(_ interface: Interface) -> IPAddress? {
        let eligible = eligibleAddresses(of: interface)
        let literal = IPAddress(destination(for: interface.name).host)
        return source(of: eligible, current: nil, families: literal.map { [$0.family] } ?? [.v4, .v6])
    }

    /// Loopback's own addresses lead nowhere but to this machine, and serve where it has no others.
    private func eligibleAddresses(of interface: Interface) -> [IPAddress] {
        let eligible = interface.addresses.filter(\.isEligible).map(\.ip)
        guard eligible.isEmpty, interface.isLoopback else { return eligible }
        return interface.addresses.map(\.ip).filter(\.isLoopback)
    }

    /// A pattern names no tunnel: `"*"` would make a link of WireGuard's own interface.
    private func obstacle(of interface: Interface) -> IdleReason? {
        if !overrides.contains(where: { $0.interface == interface.name }) {
            if interface.isLoopback { return .loopback }
            if Self.tunnelKinds.contains(interface.kind) { return .tunnel(kind: interface.kind) }
        }
        if !interface.isAdministrativelyUp { return .down }
        if !interface.hasCarrier { return .noCarrier }
        return nil
    }

    private func source(
        of eligible: [IPAddress], current: IPAddress?, families: Set<IPAddress.Family>
    ) -> IPAddress? {
        let fitting = eligible.filter { families.contains($0.family) }
        if let current, fitting.contains(current) { return current }
        return fitting.first { $0.family == .v4 } ?? fitting.first
    }
}
