// SPDX-License-Identifier: GPL-2.0-or-later

/// One point of the matrix, without the engine.
package struct Case: Hashable, Codable, Sendable, CustomStringConvertible {
    package var links: Int
    /// Bytes of a datagram as WireGuard emits it.
    package var size: Int
    package var load: Load
    package var direction: Direction

    package init(links: Int, size: Int, load: Load, direction: Direction) {
        self.links = links
        self.size = size
        self.load = load
        self.direction = direction
    }

    package var description: String {
        "\(links) link\(links == 1 ? "" : "s"), \(size) bytes, \(load)\(isRate ? "/s" : ""), \(direction.rawValue)"
    }

    private var isRate: Bool { if case .rate = load { true } else { false } }
}
