// SPDX-License-Identifier: GPL-2.0-or-later

internal import Host

/// This machine passes on what comes by the tunnel.
enum ForwardingCheck: Check {
    static let name = "forwarding"

    static func findings(_ facts: Facts) -> [Finding] {
        guard facts.forwarded != nil else { return [] }
        guard facts.settings["net/ipv4/ip_forward"] == "0" else { return ok("packets from the tunnel are passed on") }
        return [
            Finding(
                name, .fail, "net.ipv4.ip_forward is 0: clients reach this machine only",
                Repair([Command("sysctl", "-w", "net.ipv4.ip_forward=1")], "for good in /etc/sysctl.d"))
        ]
    }
}
