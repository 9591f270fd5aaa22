// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// One `ping` for the whole time, read as it runs, so that no datagram between two phases goes uncounted.
public final class Pinger {
    private struct State {
        var unwrapper = SequenceUnwrapper()
        /// How often each sequence number was answered; ping begins with 1.
        var answers: [UInt8] = [0]
        /// When answers came, microseconds, in order of arrival.
        var arrivals: [Int64] = []
        var highest = 0

        mutating func note(sequence low: Int, answeredAt microseconds: Int64?) {
            let sequence = unwrapper.unwrap(low)
            highest = max(highest, sequence)
            if answers.count <= sequence {
                answers += Array(repeating: 0, count: sequence + 1 - answers.count)
            }
            if let microseconds {
                answers[sequence] = min(200, answers[sequence] + 1)
                arrivals.append(microseconds)
            }
        }
    }

    /// Seconds after which a ping counts as lost.
    private static let answerSeconds = 15.0

    private let program: Program
    private let state: Monitor<State>
    private let interval: Double

    /// Begins, and waits for the first ping to be answered or missed: until then a change of the network under it could
    /// end it.
    ///
    /// - Parameter interval: seconds between pings; less than 0.002 needs root.
    /// - Throws: `LaboratoryFailure` when ping cannot begin, as without a route.
    public init(in namespace: Namespace, to address: String, interval: Double = 0.002) throws {
        let state = Monitor(State())
        self.state = state
        self.interval = interval
        // -O also names each ping that is unanswered when the next one leaves, so that we know what was sent. Ahead of
        // others where that is allowed: its socket holds some 170 answers, and those it loses would count as lost.
        let words = ["nice", "-n", "-15", "ping", "-D", "-O", "-n", "-i", "\(interval)", address]
        program = try Program(words, in: namespace) { line in
            guard line.stream == .output, let sequence = Self.number(after: "icmp_seq=", in: line.text) else { return }
            let answered = line.text.contains(" bytes from ") && !line.text.contains("Unreachable")
            let moment = answered ? Self.microseconds(line.text) : nil
            state.with { $0.note(sequence: sequence, answeredAt: moment) }
        }
        let begins = Monotonic.wait { state.with { $0.highest > 0 } || program.status != nil }
        guard begins, program.status == nil else { throw LaboratoryFailure("ping does not begin: \(complaints)") }
    }

    /// The boundary that lies now.
    public func mark() -> PingMark {
        PingMark(sequence: state.with { $0.highest } + 1, microseconds: Self.wallClock)
    }

    /// How long after `moment` (CLOCK_MONOTONIC) the first answer came, in milliseconds; nil when none did yet.
    public func firstAnswer(after moment: Int64) -> Double? {
        let start = Self.wallClock - (Monotonic.nanoseconds - moment) / 1_000
        return state.with { state in state.arrivals.first { $0 >= start } }.map { Double($0 - start) / 1_000 }
    }

    /// A boundary before the pings of the last `seconds`, for counting only those that had time to be answered.
    public func mark(secondsAgo seconds: Double) -> PingMark {
        let recent = Int(seconds / interval)
        return PingMark(
            sequence: max(1, state.with { $0.highest } + 1 - recent),
            microseconds: Self.wallClock - Int64(seconds * 1e6))
    }

    /// Waits until `count` more have been sent than now.
    public func wait(forMore count: Int) throws {
        let wanted = state.with { $0.highest } + count
        guard state.wait({ $0.highest >= wanted ? true : nil }) != nil else {
            throw LaboratoryFailure("ping sent less than \(count) in \(Patience.seconds) s: \(complaints)")
        }
    }

    /// What was sent from one mark up to another, once all of it is answered or has had very long for it.
    ///
    /// - Parameter lost: how many may be lost, and are not waited for.
    public func settled(from start: PingMark, to end: PingMark, allowing lost: Int = 0) -> PingTally {
        _ = state.wait(seconds: Self.answerSeconds) { state in
            let missing = (start.sequence..<max(start.sequence, end.sequence)).count {
                $0 >= state.answers.count || state.answers[$0] == 0
            }
            return missing <= lost ? true : nil
        }
        return tally(from: start, to: end)
    }

    /// What was sent from one mark up to another and has been answered so far.
    public func tally(from start: PingMark, to end: PingMark) -> PingTally {
        state.with { state in
            let range = start.sequence..<max(start.sequence, end.sequence)
            let answers = range.map { $0 < state.answers.count ? Int(state.answers[$0]) : 0 }
            // An answer belongs to the stretch it arrives in, and with it the silence before it.
            var gap: Int64 = 0
            var last = state.arrivals.last { $0 < start.microseconds } ?? start.microseconds
            for arrival in state.arrivals where arrival >= start.microseconds && arrival < end.microseconds {
                gap = max(gap, arrival - last)
                last = arrival
            }
            gap = max(gap, end.microseconds - last)
            return PingTally(
                sent: range.count, lost: answers.count { $0 == 0 }, duplicates: answers.reduce(0) { $0 + max(0, $1 - 1) },
                longestGapMilliseconds: Double(gap) / 1_000)
        }
    }

    /// Lets the last pings come home, ends `ping`, and returns what was sent since `start`.
    public func stop(since start: PingMark) -> PingTally {
        let total = settled(from: start, to: mark())
        program.stop(SIGINT)
        return total
    }

    public var isRunning: Bool { program.status == nil }

    /// What ping itself complained of, such as a full socket.
    public var complaints: String {
        program.lines.filter { $0.stream == .error && !$0.text.hasPrefix("nice:") }.map(\.text).joined(separator: "\n")
    }

    public func stop() { program.stop(SIGINT) }

    private static var wallClock: Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1_000
    }

    /// The `[1700000000.123456]` that -D puts in front.
    private static func microseconds(_ line: String) -> Int64? {
        guard line.hasPrefix("["), let end = line.firstIndex(of: "]") else { return nil }
        let parts = line[line.index(after: line.startIndex)..<end].split(separator: ".")
        guard parts.count == 2, parts[1].count == 6, let seconds = Int64(parts[0]), let rest = Int64(parts[1]) else {
            return nil
        }
        return seconds * 1_000_000 + rest
    }

    private static func number(after key: String, in line: String) -> Int? {
        let words = line.split(separator: " ")
        return words.first { $0.hasPrefix(key) }.flatMap { Int($0.dropFirst(key.utf8.count)) }
    }
}
