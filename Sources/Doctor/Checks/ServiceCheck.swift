// SPDX-License-Identifier: GPL-2.0-or-later

internal import Host

/// The program runs.
enum ServiceCheck: Check {
    static let name = "service"

    static func findings(_ facts: Facts) -> [Finding] {
        facts.sides.map { side in
            let unit = "engarde-\(side.rawValue).service"
            guard let silence = facts.silence[side] else { return Finding(name, .ok, "engarde \(side.rawValue) runs") }
            let repair =
                facts.services[unit] == nil
                ? nil : Repair([Command("systemctl", "restart", unit)], "journalctl -u \(unit)")
            return Finding(name, .fail, silence, repair)
        }
    }
}
