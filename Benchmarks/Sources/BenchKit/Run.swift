// SPDX-License-Identifier: GPL-2.0-or-later

/// One measurement: a variant at one point of the matrix, once.
package struct Run: Codable, Sendable {
    package let variant: String
    package let at: Case
    /// Which repetition, from 0. Runs of one repetition stand side by side in time.
    package let repetition: Int
    /// Measured seconds.
    package let seconds: Double
    /// One a direction.
    package let flows: [FlowFigures]
    package let client, server: RelayFigures

    /// Datagrams delivered a second, all directions together.
    package var delivered: Double { flows.reduce(0) { $0 + $1.deliveredPerSecond } }
    package var lost: UInt64 { flows.reduce(0) { $0 + $1.lost } }
    package var lostShare: Double { Double(lost) / Double(max(1, flows.reduce(0) { $0 + $1.sent })) }
    /// The worse direction's delays, microseconds.
    package var p50: Double { flows.map(\.p50).max() ?? .nan }
    package var p99: Double { flows.map(\.p99).max() ?? .nan }
    package var p999: Double { flows.map(\.p999).max() ?? .nan }
    /// Client and server together, nanoseconds a datagram.
    package var cpu: Double { (client.cpu ?? .nan) + (server.cpu ?? .nan) }
}
