// SPDX-License-Identifier: GPL-2.0-or-later

internal import Status

/// What links, paths, sessions and the programs themselves have in common. Bytes are of UDP payload.
enum SharedFamilies {
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

    /// Over the last minute, which survives a scrape that is missed.
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

    /// One sample a state, 1 for the one it is in.
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
