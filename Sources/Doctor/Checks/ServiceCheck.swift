// SPDX-License-Identifier: GPL-2.0-or-later

internal import Host
internal import Setup

/// The program runs, and the tunnel's interface is up.
enum ServiceCheck: Check {
    static let name = "service"

    static func findings(_ facts: Facts) -> [Finding] {
        let programs = facts.roles.map { role in
            let unit = Places.service(role)
            guard let silence = facts.silence[role] else { return Finding(name, .ok, "engarde \(role.rawValue) runs") }
            let repair =
                facts.services[unit] == nil
                ? nil : Repair([Command("systemctl", "restart", unit)], "journalctl -u \(unit)")
            return Finding(name, .fail, silence, repair)
        }
        return programs + (facts.isTunnelDown ? [tunnel(facts)] : [])
    }

    private static func tunnel(_ facts: Facts) -> Finding {
        let unit = Places.tunnelService
        let isActive = facts.services[unit] == true
        return Finding(
            name, .fail,
            "\(unit) \(isActive ? "has lost its interface" : "does not run"): no \(Places.tunnel) is there",
            Repair([Command("systemctl", isActive ? "restart" : "start", unit)], "journalctl -u \(unit)"))
    }
}
