// SPDX-License-Identifier: GPL-2.0-or-later

import Quality
import Status

/// One link beside others, acted out datagram by datagram, and what can be known of it at any moment.
struct LinkScene {
    /// Nanoseconds; keeps every log of the play.
    private(set) var now: Int64
    private(set) var joined: Int64
    private(set) var ownCopies: [Int64] = []
    private(set) var missed: [Int64] = []
    private(set) var sent: [Int64] = []
    /// Times of those in `sent` that the kernel refused, and when it last took one.
    private(set) var refused: [Int64] = []
    private(set) var lastTaken: Int64 = 0
    private(set) var lastEvaluation: Int64
    private var ownSinceJoined: UInt64 = 0
    private var expectedBySecond: [Int64: (expected: Int, received: Int)] = [:]
    var health: LinkHealth

    static let second: Int64 = 1_000_000_000

    init(_ observer: LinkHealth.Observer, at now: Int64 = 1_000 * Self.second) {
        self.now = now
        joined = now
        lastEvaluation = now
        health = LinkHealth(observer)
    }

    /// A datagram came, over this link or over others only.
    mutating func deliver(own: Bool, at time: Int64) {
        now = time
        if own { ownCopies.append(time) } else { missed.append(time) }
        if own { ownSinceJoined += 1 }
        expectedBySecond[time / Self.second, default: (0, 0)].expected += 1
        if own { expectedBySecond[time / Self.second]!.received += 1 }
    }

    /// A datagram that wants an answer left over all links, or over others only.
    mutating func send(at time: Int64, refused isRefused: Bool = false) {
        now = time
        sent.append(time)
        if isRefused { refused.append(time) } else { lastTaken = time }
    }

    mutating func rejoin() {
        joined = now
        ownSinceJoined = 0
    }

    var lastOwn: Int64 { ownCopies.last { $0 >= joined } ?? 0 }
    var lastHeard: Int64 { max(ownCopies.last ?? 0, missed.last ?? 0) }
    var missedSinceOwn: Int { count(missed, from: max(lastOwn, joined)) }
    var unanswered: Int { count(sent, from: lastHeard) }

    private func count(_ times: [Int64], from: Int64) -> Int { times.reversed().prefix { $0 >= from }.count }

    mutating func evaluate(at time: Int64) {
        now = time
        var evidence = LinkEvidence(now: time, joined: joined)
        evidence.lastReceived = lastOwn
        evidence.receivedDatagrams = ownSinceJoined
        evidence.missedDatagrams = UInt64(missedSinceOwn)
        evidence.lastSent = lastTaken >= joined ? lastTaken : 0
        evidence.sentDatagrams = UInt64(sent.count)
        evidence.refusedDatagrams = UInt64(refused.count)
        evidence.refusal = refused.isEmpty ? "" : "a packet filter"
        evidence.lastReceivedAnywhere = lastHeard
        evidence.unansweredDatagrams = UInt64(unanswered)
        // The second before the last whole one: late copies of that are in.
        let end = time / Self.second - 1
        for second in (end - 10)..<end {
            guard let bin = expectedBySecond[second], second >= joined / Self.second else { continue }
            evidence.window.expectedDatagrams += bin.expected
            evidence.window.receivedDatagrams += bin.received
        }
        if evidence.window.expectedDatagrams > 0 {
            evidence.window.lossPercent =
                100 - 100 * Double(evidence.window.receivedDatagrams) / Double(evidence.window.expectedDatagrams)
        }
        evidence.windowEnd = end * Self.second
        health.update(evidence)
        lastEvaluation = time
    }
}
