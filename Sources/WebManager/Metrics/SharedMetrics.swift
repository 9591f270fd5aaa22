// SPDX-License-Identifier: GPL-2.0-or-later

internal import Status

/// The metric families that links, paths, sessions and programs share. Bytes are bytes of UDP payload.
enum SharedFamilies {
    /// Returns the traffic families.
    static func traffic<Subject>(_ traffic: @escaping (Subject) -> Traffic) -> [MetricsFamily<Subject>] {
        [
            MetricsFamily("received_datagrams_total", .counter, "Datagrams received.") {
                Double(traffic($0).receivedDatagrams)
            },
            MetricsFamily("received_bytes_total", .counter, "Bytes of UDP payload received.") {
                Double(traffic($0).receivedBytes)
            },
            MetricsFamily("sent_datagrams_total", .counter, "Datagrams sent, refused ones included.") {
                Double(traffic($0).sentDatagrams)
            },
            MetricsFamily("sent_bytes_total", .counter, "Bytes of UDP payload sent, refused ones included.") {
                Double(traffic($0).sentBytes)
            },
            MetricsFamily("send_failures_total", .counter, "Datagrams whose send the kernel refused.") {
                Double(traffic($0).sendFailures)
            },
            MetricsFamily("kernel_drops_total", .counter, "Datagrams lost because the receive buffer was full.") {
                Double(traffic($0).kernelDrops)
            },
        ]
    }

    /// Returns the quality families, over the last minute so that one missed scrape loses nothing.
    static func quality<Subject>(_ windows: @escaping (Subject) -> QualityWindows) -> [MetricsFamily<Subject>] {
        func minute(_ subject: Subject) -> Quality { windows(subject).lastMinute }
        return [
            MetricsFamily("loss_ratio", .gauge, "Share of the last minute's datagrams that it missed.") {
                minute($0).lossPercent.map { $0 / 100 }
            },
            MetricsFamily("win_ratio", .gauge, "Share of the last minute's datagrams that it brought first.") {
                minute($0).winPercent.map { $0 / 100 }
            },
            MetricsFamily("delay_median_seconds", .gauge, "Delay behind the first copy, last minute, median.") {
                minute($0).delayP50Milliseconds.map { $0 / 1_000 }
            },
            MetricsFamily("delay_p99_seconds", .gauge, "Delay behind the first copy, last minute, 99th percentile.") {
                minute($0).delayP99Milliseconds.map { $0 / 1_000 }
            },
            MetricsFamily("jitter_seconds", .gauge, "Mean change of that delay, last minute (RFC 3550).") {
                minute($0).jitterMilliseconds.map { $0 / 1_000 }
            },
        ]
    }

    /// Returns one sample for each subject and state: 1 for the current state, else 0.
    static func states<Subject>(
        _ subjects: [Subject], _ state: (Subject) -> CarryingState,
        labels: (Subject) -> [(name: String, value: String)]
    ) -> [MetricsText.Sample] {
        subjects.flatMap { subject in
            CarryingState.allCases.map { word in
                MetricsText.Sample(
                    labels: labels(subject) + [("state", word.rawValue)], value: state(subject) == word ? 1 : 0)
            }
        }
    }
}

extension MetricsText {
    /// Adds the metrics that client and server share.
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
