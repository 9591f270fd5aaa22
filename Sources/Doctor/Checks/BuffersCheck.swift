// SPDX-License-Identifier: GPL-2.0-or-later

internal import Host
internal import Setup
internal import Sockets

/// The kernel keeps enough for a program that is not quick enough.
enum BuffersCheck: Check {
    static let name = "buffers"

    static func findings(_ facts: Facts) -> [Finding] {
        facts.roles.flatMap { role -> [Finding] in
            guard let own = facts.capabilities[role] else { return [] }
            let wanted = Int(UDPSocket.bufferBytes)
            let limits = ["net.core.rmem_max", "net.core.wmem_max"].filter { setting in
                let value = facts.settings[setting.split(separator: ".").joined(separator: "/")].flatMap { Int($0) }
                return value.map { $0 < wanted } ?? false
            }
            // With it a program may have more than the limit.
            guard !own.contains(.netAdmin), !limits.isEmpty else { return ok("\(wanted) bytes a socket") }
            let commands = limits.map { Command("sysctl", "-w", "\($0)=\(wanted)") }
            return [
                Finding(
                    name, .warn, "sockets of engarde \(role.rawValue) have less than \(wanted) bytes",
                    Repair(commands, "then restart it"))
            ]
        }
    }
}
