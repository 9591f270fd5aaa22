// SPDX-License-Identifier: GPL-2.0-or-later

internal import Settings
internal import Status

/// Something comes from the server.
enum ServerUnreachableCheck: Check {
    static let name = "server-unreachable"

    static func findings(_ facts: Facts) -> [Finding] {
        guard let status = facts.clientStatus else { return [] }
        if isUnreachable(status) {
            let port = facts.client?.destination.port ?? 0
            return [
                Finding(
                    name, .fail,
                    "WireGuard sends, and nothing comes back from \(status.program.destination) over any link",
                    Repair([], "look there: engarde doctor; is UDP port \(port) open, in the provider's firewall too?"))
            ]
        }
        return status.serverLastReceivedSeconds == nil ? [] : ok("\(status.program.destination) answers")
    }

    static func isUnreachable(_ status: ClientStatus) -> Bool {
        guard status.wireGuardLastReceivedSeconds != nil, status.links.contains(where: { $0.state.isInFanOut }) else {
            return false
        }
        guard let silence = status.serverLastReceivedSeconds else { return status.program.uptimeSeconds > 15 }
        return silence > ProgramStatus.silenceLimitSeconds
    }
}
