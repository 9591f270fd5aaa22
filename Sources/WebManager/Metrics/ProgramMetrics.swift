// SPDX-License-Identifier: GPL-2.0-or-later

internal import Status

extension MetricsText {
    /// What both programs have.
    mutating func add(_ program: ProgramStatus, role: String) {
        add(
            "engarde_info", .gauge, "What runs; always 1.",
            [
                Sample(
                    labels: [
                        ("role", role), ("version", program.version), ("protocol", program.protocolName),
                        ("engine", program.engine), ("description", program.description),
                    ], value: 1)
            ])
        add("engarde_uptime_seconds", .gauge, "Since the program started.", program.uptimeSeconds)
        add("engarde_turns_total", .counter, "Turns of the data plane's loop.", Double(program.turns))
        add("engarde_system_calls_total", .counter, "System calls of the data plane.", Double(program.systemCalls))
        add(
            "engarde_dropped_datagrams_total", .counter, "Datagrams that were not forwarded, by reason.",
            program.drops.map { Sample(labels: [("reason", $0.name)], value: Double($0.count)) })
    }
}
