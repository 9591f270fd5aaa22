// SPDX-License-Identifier: GPL-2.0-or-later

internal import Host
internal import Settings
internal import Setup
internal import Status

/// The engine that moves the datagrams.
enum EngineCheck: Check {
    static let name = "engine"
    private static let disabled = "kernel/io_uring_disabled"

    static func findings(_ facts: Facts) -> [Finding] {
        facts.roles.flatMap { role -> [Finding] in
            guard let engine = facts.program(role)?.engine else { return [] }
            let choice = role == .client ? facts.client?.engine : facts.server?.engine
            guard choice != .polling, engine.hasPrefix("polling") else { return ok(engine) }
            let value = facts.settings[disabled] ?? "0"
            guard value != "0" else {
                return [
                    Finding(
                        name, .warn, "\(engine): the kernel or a container's system call filter refuses io_uring",
                        Repair([], "Documentation/Installing.md, containers"))
                ]
            }
            let command = Command("sysctl", "-w", "kernel.io_uring_disabled=0")
            let restart =
                facts.services[Places.service(role)] == true
                ? [Command("systemctl", "restart", Places.service(role))] : []
            return [
                Finding(
                    name, .warn, "\(engine): kernel.io_uring_disabled is \(value)",
                    Repair([command] + restart, "for good in /etc/sysctl.d"))
            ]
        }
    }
}
