// SPDX-License-Identifier: GPL-2.0-or-later

/// How fast a variant followed a link that went and came back, under 2,000 datagrams/s. Milliseconds.
package struct LinkEvent: Codable, Sendable {
    package let variant: String
    /// `netlink` or `polling`.
    package let source: String
    package let repetition: Int
    /// From `ip link set down` to the last copy that came through; below 0 when none did afterwards. The
    /// kernel sees to this one, whatever the relay does.
    package let lastCopy: Double
    /// From `ip link set down` to the last copy the relay still tried to send there, which the kernel refused
    /// and counted; 0 when it tried none. A relay that never stops shows 3,000, after which nobody looks.
    package let lastTry: Double
    /// From `ip link set up` to the first copy; address and route follow up at once, see ``configured``.
    package let firstCopy: Double
    /// From `ip link set up` to the moment its address and route were there: no relay can be faster.
    package let configured: Double
}
