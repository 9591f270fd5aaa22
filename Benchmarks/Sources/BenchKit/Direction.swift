// SPDX-License-Identifier: GPL-2.0-or-later

/// Which way load flows: up is from the client's WireGuard to the server's.
package enum Direction: String, Codable, CaseIterable, Sendable {
    case up, down, both

    /// The flows it is made of; never `both`.
    package var flows: [Direction] { self == .both ? [.up, .down] : [self] }
}
