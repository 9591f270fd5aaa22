// SPDX-License-Identifier: GPL-2.0-or-later

public import Sockets

/// The addresses of the tunnel: a block of 256 of IPv4 and a /64 of IPv6, of which the server has the first.
public struct TunnelNetwork: Hashable, Sendable, Codable {
    /// The most clients of one server: the IPv4 block's addresses less the first, the last and the server's.
    public static let clientsMax = 253

    private let v4: String
    private let v6: String

    /// Reads `10.77.0.0/24,fd77::/64`, the blocks in either order.
    ///
    /// - Returns: nil unless there is a /24 of IPv4 and a /64 of IPv6.
    public init?(_ text: String) {
        let prefixes = text.split { $0 == "," || $0 == " " }.compactMap { AddressPrefix($0) }
        let (v4, v6) = (prefixes.filter { $0.base.family == .v4 }, prefixes.filter { $0.base.family == .v6 })
        guard v4.count == 1, v4[0].bits == 24, v6.count == 1, v6[0].bits == 64, !v4[0].base.isLoopback else {
            return nil
        }
        (self.v4, self.v6) = (v4[0].description, v6[0].description)
    }

    /// Chooses private blocks (RFC 1918, RFC 4193) by chance, so that the networks of two places rarely meet, which share
    /// no address with `routes`.
    public static func random(
        avoiding routes: [AddressPrefix], using generator: inout some RandomNumberGenerator
    ) -> TunnelNetwork? {
        for _ in 0..<1_000 {
            let (x, y) = (Int.random(in: 64...127, using: &generator), Int.random(in: 0...255, using: &generator))
            let words = (0..<3).map { _ in String(UInt16.random(in: 0...UInt16.max, using: &generator), radix: 16) }
            let prefix = "fd" + (words[0].count < 4 ? "77" : String(words[0].suffix(2)))
            let network = TunnelNetwork("10.\(x).\(y).0/24,\(prefix):\(words[1]):\(words[2])::/64")
            if let network, !network.overlaps(routes) { return network }
        }
        return nil
    }

    public func overlaps(_ routes: [AddressPrefix]) -> Bool {
        prefixes.contains { own in
            routes.contains { $0.bits > 0 && ($0.contains(own.base) || own.contains($0.base)) }
        }
    }

    /// The IPv4 block and the IPv6 block.
    public var prefixes: [AddressPrefix] { [AddressPrefix(v4)!, AddressPrefix(v6)!] }

    /// The addresses of the server (1) or a client (2 and on), without length.
    public func addresses(_ number: Int) -> [String] {
        let base = v4.prefix { $0 != "/" }.split(separator: ".").dropLast().joined(separator: ".")
        return ["\(base).\(number)", IPAddress(v6.prefix { $0 != "/" } + String(number, radix: 16))!.description]
    }

    /// As ``addresses(_:)``, each with the length of its block.
    public func addressesWithLength(_ number: Int) -> [String] {
        zip(addresses(number), prefixes).map { "\($0)/\($1.bits)" }
    }
}

extension TunnelNetwork: CustomStringConvertible {
    public var description: String { "\(v4),\(v6)" }
}
