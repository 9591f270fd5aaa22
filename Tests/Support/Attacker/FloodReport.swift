// SPDX-License-Identifier: GPL-2.0-or-later

/// What one flood of an ``Attacker`` came to.
public struct FloodReport: Sendable, CustomStringConvertible {
    public let name: String
    /// Datagrams the kernel took.
    public let sent: Int
    public let seconds: Double

    public var description: String {
        "\(name): \(sent) datagrams in \(fixed(seconds, 2)) s, \(Int(Double(sent) / max(seconds, 0.001))) a second"
    }
}
