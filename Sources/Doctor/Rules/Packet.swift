// SPDX-License-Identifier: GPL-2.0-or-later

internal import Sockets

/// The first packet of a flow, as far as it is known before it comes.
struct Packet {
    enum Interface: Hashable {
        case named(String)
        /// One that is none of these.
        case other(than: Set<String>)
        case unknown
    }

    /// The addresses that one end may have.
    enum Addresses {
        case within([AddressPrefix])
        /// Any, and not by chance one of those that a rule names.
        case elsewhere
        case unknown
    }

    var isV6 = false
    var input = Interface.unknown
    var output = Interface.unknown
    var source = Addresses.unknown
    var destination = Addresses.unknown
    /// The port of a UDP datagram; nil for a packet of any protocol.
    var udpPort: UInt16?
    /// True when the packet is for this machine itself.
    var isLocal = false
    /// True when its destination may have been replaced on the way in.
    var isRedirected = false

    /// Returns what is known of what the left side of a match names.
    func value(of left: Tree) -> Value {
        guard let (kind, what) = left.member else { return .unknown }
        switch kind {
        case "meta": return meta(what["key"]?.text ?? "")
        case "payload": return payload(what["protocol"]?.text ?? "", what["field"]?.text ?? "")
        case "ct":
            switch what["key"]?.text {
            case "state": return .words(["new"])
            case "status": return isRedirected ? .unknown : .words([])
            default: return .unknown
            }
        case "fib": return isLocal && what["result"]?.text == "type" ? .words(["local"]) : .unknown
        default: return .unknown
        }
    }

    private func meta(_ key: String) -> Value {
        switch key {
        case "iif", "iifname": .interface(input)
        case "oif", "oifname": .interface(output)
        case "l4proto": transport
        case "nfproto": .words(isV6 ? ["ipv6", "10"] : ["ipv4", "2"])
        case "protocol": .words([isV6 ? "ip6" : "ip"])
        case "pkttype": isLocal ? .words(["host", "unicast"]) : .unknown
        default: .unknown
        }
    }

    private func payload(_ layer: String, _ field: String) -> Value {
        switch layer {
        case "ip", "ip6":
            guard (layer == "ip6") == isV6 else { return .absent }
            switch field {
            case "saddr": return .addresses(source)
            case "daddr": return .addresses(destination)
            case "protocol", "nexthdr": return transport
            default: return .unknown
            }
        case "udp", "th":
            return field == "dport" ? udpPort.map { .number(Int($0)) } ?? .unknown : .unknown
        case "tcp", "udplite", "sctp", "dccp", "icmp", "icmpv6", "igmp", "esp", "ah", "comp":
            return udpPort == nil ? .unknown : .absent
        default: return .unknown
        }
    }

    private var transport: Value { udpPort == nil ? .unknown : .words(["udp", "17"]) }
}
