// SPDX-License-Identifier: GPL-2.0-or-later

internal import Host
internal import Settings
internal import Sockets
internal import Status

/// The configuration file.
enum FileCheck: Check {
    static let name = "file"

    static func findings(_ facts: Facts) -> [Finding] {
        if let refusal = facts.refusal { return [Finding(name, .fail, refusal, Repair([], "engarde check \(facts.file)"))] }
        if !facts.warnings.isEmpty { return facts.warnings.map { Finding(name, .warn, $0) } }
        return ok("\(facts.file) is good")
    }
}

/// The program runs.
enum ServiceCheck: Check {
    static let name = "service"

    static func findings(_ facts: Facts) -> [Finding] {
        facts.sides.map { side in
            let unit = "engarde-\(side.rawValue).service"
            guard let silence = facts.silence[side] else { return Finding(name, .ok, "engarde \(side.rawValue) runs") }
            let repair = facts.services[unit] == nil ? nil : Repair([Command("systemctl", "restart", unit)], "journalctl -u \(unit)")
            return Finding(name, .fail, silence, repair)
        }
    }
}

/// What the running program may do.
enum CapabilityCheck: Check {
    static let name = "capability"
    private static let netAdmin = 12
    private static let netRaw = 13

    static func findings(_ facts: Facts) -> [Finding] {
        facts.sides.flatMap { side -> [Finding] in
            guard let own = facts.capabilities[side] else { return [] }
            let wanted = [netAdmin: "CAP_NET_ADMIN"].merging(side == .client ? [netRaw: "CAP_NET_RAW"] : [:]) { $1 }
            let missing = wanted.filter { !own.contains($0.key) }.map(\.value).sorted()
            guard !missing.isEmpty else { return ok("engarde \(side.rawValue) has what it needs") }
            let advice = "start it by its unit, as root, or with AmbientCapabilities=\(missing.joined(separator: " "))"
            return [Finding(name, .warn, "engarde \(side.rawValue) lacks \(missing.joined(separator: ", "))", Repair([], advice))]
        }
    }
}

/// What moves the datagrams.
enum EngineCheck: Check {
    static let name = "engine"
    private static let disabled = "kernel/io_uring_disabled"

    static func findings(_ facts: Facts) -> [Finding] {
        facts.sides.flatMap { side -> [Finding] in
            guard let engine = facts.program(side)?.engine else { return [] }
            let choice = side == .client ? facts.client?.engine : facts.server?.engine
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
            let restart = facts.services["engarde-\(side.rawValue).service"] == true
                ? [Command("systemctl", "restart", "engarde-\(side.rawValue).service")] : []
            return [
                Finding(
                    name, .warn, "\(engine): kernel.io_uring_disabled is \(value)",
                    Repair([command] + restart, "for good in /etc/sysctl.d"))
            ]
        }
    }
}

/// How much the kernel keeps for a program that is not quick enough.
enum BuffersCheck: Check {
    static let name = "buffers"
    private static let netAdmin = 12

    static func findings(_ facts: Facts) -> [Finding] {
        facts.sides.flatMap { side -> [Finding] in
            guard let own = facts.capabilities[side] else { return [] }
            let wanted = Int(UDPSocket.bufferBytes)
            let limits = ["net.core.rmem_max", "net.core.wmem_max"].filter { setting in
                let value = facts.settings[setting.split(separator: ".").joined(separator: "/")].flatMap { Int($0) }
                return value.map { $0 < wanted } ?? false
            }
            // With it a program may have more than the limit.
            guard !own.contains(netAdmin), !limits.isEmpty else { return ok("\(wanted) bytes a socket") }
            let commands = limits.map { Command("sysctl", "-w", "\($0)=\(wanted)") }
            return [
                Finding(
                    name, .warn, "sockets of engarde \(side.rawValue) have less than \(wanted) bytes",
                    Repair(commands, "then restart it"))
            ]
        }
    }
}

extension Facts {
    /// The sides that the file has.
    var sides: [Side] { (client == nil ? [] : [.client]) + (server == nil ? [] : [.server]) }

    func program(_ side: Side) -> ProgramStatus? { side == .client ? clientStatus?.program : serverStatus?.program }
}
