// SPDX-License-Identifier: GPL-2.0-or-later

/// Walks the way of a packet and names the broken hop.
public enum Doctor {
    /// In the order of the way: the program, WireGuard, the links, the server, what is behind it.
    static var checks: [any Check.Type] {
        [
            FileCheck.self, ServiceCheck.self, CapabilityCheck.self, EngineCheck.self, BuffersCheck.self,
            WireGuardEndpointCheck.self, WireGuardMTUCheck.self, KeepaliveCheck.self, ClockCheck.self, NameCheck.self,
            NoGatewayCheck.self, ReversePathCheck.self, LoopCheck.self, SameWayCheck.self, LastLinkCheck.self,
            ServerUnreachableCheck.self, ServerSilentCheck.self, HandshakeCheck.self, InputDroppedCheck.self,
            ForwardingCheck.self, MasqueradeCheck.self, ForwardDroppedCheck.self,
        ]
    }

    /// The names of all findings.
    public static var names: [String] { checks.map { $0.name } }

    public static func findings(_ facts: Facts) -> [Finding] { checks.flatMap { $0.findings(facts) } }

    /// Of a server, what its machine's firewall lets in and through.
    public static func firewallFindings(_ facts: Facts) -> [Finding] {
        let checks: [any Check.Type] = [
            InputDroppedCheck.self, ForwardingCheck.self, MasqueradeCheck.self, ForwardDroppedCheck.self,
        ]
        return checks.flatMap { $0.findings(facts) }
    }
}
