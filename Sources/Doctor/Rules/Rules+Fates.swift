// SPDX-License-Identifier: GPL-2.0-or-later

extension Rules {
    /// Returns the filtering chains of a hook.
    func filters(_ hook: String) -> [Chain] { chains.filter { $0.type == "filter" && $0.hook == hook } }

    /// Returns whether a chain drops a packet for certain.
    func drops(_ packet: Packet, _ chain: Chain) -> Bool { Walk.fates(of: packet, in: chain, self) == .dropped }

    /// Returns whether packets that come by the tunnel get another source address, as far as that can be known.
    func mayMasquerade(_ forwarded: Facts.Forwarded, _ facts: Facts) -> Bool {
        chains.contains { chain in
            guard chain.type == "nat", chain.hook == "postrouting",
                var packet = facts.forwardedPacket(chain.family, forwarded)
            else { return false }
            // Rules there need not know it.
            packet.input = .unknown
            return Walk.fates(of: packet, in: chain, self).contains(.translated)
        }
    }
}
