// SPDX-License-Identifier: GPL-2.0-or-later

internal import Host

/// The clock has not gone back.
///
/// A handshake of WireGuard's bears the time, and the other end takes none that is older than the last one it took: after
/// the clock was set back it refuses all until the old time has come again.
enum ClockCheck: Check {
    static let name = "clock"
    /// Seconds that file systems and machines may differ by.
    private static let tolerance = 120.0

    static func findings(_ facts: Facts) -> [Finding] {
        if facts.past > facts.now + tolerance {
            let days = (facts.past - facts.now) / 86_400
            let amount = days < 2 ? "\(Int(days * 24)) h" : "\(Int(days)) days"
            return [
                Finding(
                    name, .fail,
                    "it is at least \(amount) behind files that have been written: the other end refuses handshakes",
                    Repair([Command("timedatectl", "set-ntp", "true")]))
            ]
        }
        if facts.isClockSynchronized == false {
            return [
                Finding(
                    name, .warn, "nobody sets this machine's clock: after it was ahead, handshakes are refused",
                    Repair([Command("timedatectl", "set-ntp", "true")]))
            ]
        }
        return ok("its time is plausible")
    }
}
