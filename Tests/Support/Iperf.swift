// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// One iperf3 TCP stream from client to server through the tunnel.
public final class Iperf {
    public struct Result: Sendable {
        /// As iperf3 printed it: seconds, transfer, rate and retransmissions of the sender.
        public var line: String
        public var megabitsPerSecond: Double
        public var retransmissions: Int
    }

    private struct State {
        var rates: [Double] = []
    }

    private let server: Program
    private let client: Program
    private let state: Monitor<State>

    /// - Parameter megabits: the sender's limit, kept in small steps. `wireguard-go` has a receive queue of some 200
    ///   datagrams, copies included; a burst beyond it is lost inside WireGuard and would be charged to engarde.
    public init(
        from client: Namespace, to server: Namespace, address: String, port: Int = 5_201, megabits: Int, seconds: Int
    ) throws {
        let state = Monitor(State())
        self.state = state
        self.server = try Program(["iperf3", "-s", "-1", "-B", address, "-p", "\(port)", "--forceflush"], in: server)
        _ = try self.server.waitForLine { $0.contains("Server listening") }
        self.client = try Program(
            [
                "iperf3", "-c", address, "-p", "\(port)", "-b", "\(megabits)M", "-l", "2K", "--fq-rate",
                "\(megabits * 2)M", "-t", "\(seconds)", "-i", "0.5", "-f", "m", "--forceflush",
            ], in: client
        ) { line in
            guard !line.text.hasSuffix("sender"), !line.text.hasSuffix("receiver"),
                let rate = Self.number(before: "Mbits/sec", in: line.text)
            else { return }
            state.with { $0.rates.append(rate) }
        }
    }

    /// Rates of the half-second intervals so far, in Mbit/s.
    public var rates: [Double] { state.with { $0.rates } }

    public var isRunning: Bool { client.status == nil }

    /// Ends the stream and reads its summary; nil when iperf3 gave none.
    public func stop() -> Result? {
        client.stop(SIGINT)
        server.stop()
        guard let line = client.lines.last(where: { $0.text.hasSuffix("sender") })?.text,
            let rate = Self.number(before: "Mbits/sec", in: line)
        else { return nil }
        let words = line.split(separator: " ")
        let retransmissions = words.dropLast().last.flatMap { Int($0) } ?? 0
        return Result(line: line, megabitsPerSecond: rate, retransmissions: retransmissions)
    }

    private static func number(before unit: Substring, in line: String) -> Double? {
        let words = line.split(separator: " ")
        guard let index = words.firstIndex(of: unit), index > 0 else { return nil }
        return Double(words[index - 1])
    }
}
