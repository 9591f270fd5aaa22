// SPDX-License-Identifier: GPL-2.0-or-later

internal import Host
internal import Settings

/// Datagrams of clients get in.
enum InputDroppedCheck: Check {
    static let name = "input-dropped-by"

    static func findings(_ facts: Facts) -> [Finding] {
        guard let server = facts.server, let rules = facts.rules else { return [] }
        let port = server.listenAddress.port
        let found = rules.filters("input").compactMap { chain -> Finding? in
            let packets = facts.datagramsOfClients(chain.family, server)
            guard !packets.isEmpty else { return nil }
            if packets.allSatisfy({ rules.drops($0, chain) }) {
                return Finding(
                    "\(name) \(chain.table)/\(chain.name)", .fail, "it drops datagrams to UDP port \(port)",
                    Repair(chain.opening(port, rules), "for good where that firewall is configured"))
            }
            if packets.allSatisfy({ rules.drops($0.fromElsewhere, chain) }) {
                return Finding(
                    "\(name) \(chain.table)/\(chain.name)", .warn,
                    "it takes datagrams to UDP port \(port) from the senders that it names, and from no others",
                    Repair([], "let all in if a link of a client may have another address"))
            }
            return nil
        }
        return found.isEmpty ? ok("UDP port \(port) is open, as far as this machine's rules go") : found
    }
}

extension Packet {
    /// The same from a sender that no rule names.
    fileprivate var fromElsewhere: Packet {
        var packet = self
        packet.source = .elsewhere
        return packet
    }
}
