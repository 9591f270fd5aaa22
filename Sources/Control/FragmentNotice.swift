// SPDX-License-Identifier: GPL-2.0-or-later

internal import Links

/// Says in the log that WireGuard's datagrams are larger than a link carries in one piece: once for each size that is
/// too small for them.
struct FragmentNotice {
    private var told: Set<Int> = []

    /// The line to log, nil when there is nothing new to say.
    ///
    /// - Parameters:
    ///   - largest: bytes of the largest datagram WireGuard has sent.
    ///   - limit: what is carried in one piece; nil when nothing is known of it.
    ///   - interfaces: this machine's, to name the tunnel among them. Asked for only when there is something to say.
    mutating func update(largest: Int, limit: TunnelMTU?, interfaces: () -> [Interface]) -> String? {
        guard let limit, largest > limit.largestDatagram, told.insert(limit.largestDatagram).inserted else {
            return nil
        }
        let tunnel = limit.tooLarge(among: interfaces()).first?.name ?? "wg0"
        return """
            WireGuard sends datagrams of \(largest) bytes, and \(limit.linkName) (MTU \(limit.linkMTU)) carries those of \
            more than \(limit.largestDatagram) in fragments, all of which must arrive: lower the tunnel's MTU by \
            \(limit.advice(for: tunnel))
            """
    }
}
