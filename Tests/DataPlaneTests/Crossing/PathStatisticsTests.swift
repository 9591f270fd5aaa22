// SPDX-License-Identifier: GPL-2.0-or-later

import Sockets
import Synchronization
import Testing

@testable import DataPlane

/// What crosses from the data plane's thread to others.
@Suite struct PathBoardTests {
    @Test("A record has what was published and starts at zero with each path")
    func records() {
        let board = PathStatistics(capacity: 3)
        #expect(board.records().isEmpty)
        let first = address("2001:db8::1", 4_000)
        board.publish(1, first, since: 77)
        board.add(1, .receivedDatagrams, 3)
        board.add(1, .receivedBytes, 300)
        board.add(1, .sentDatagrams, 5)
        board.add(1, .sentBytes, 500)
        board.add(1, .sendFailures, 2)
        board.set(1, .lastFailure, UInt64(SendFailure.notPermitted.index) + 1)
        board.set(1, .lastReceived, 99)
        board.set(1, .session, 6)
        board.set(1, .isValidated, 1)
        #expect(
            board.records() == [
                PathStatistics.Record(
                    address: first, since: 77, lastReceived: 99, receivedDatagrams: 3, receivedBytes: 300,
                    sentDatagrams: 5, sentBytes: 500, sendFailures: 2, lastFailure: .notPermitted, index: 1, session: 6, isValidated: true)
            ])
        board.publish(1, SocketAddress(), since: 0)
        #expect(board.records().isEmpty)
        board.publish(1, address("192.0.2.1", 1), since: 100)
        board.publish(2, first, since: 101)
        #expect(board.records().map(\.address) == [address("192.0.2.1", 1), first])
        #expect(board.records().allSatisfy { $0.receivedBytes == 0 && $0.sendFailures == 0 && $0.lastFailure == nil })
    }

    /// Every word of the addresses written says which of them it is from, and so does the time beside it.
    @Test("A reader beside the writer never sees half an address")
    func torn() throws {
        let board = PathStatistics(capacity: 1)
        let all = (0..<4 as Range<UInt16>).map { number in
            let digit = String(number + 1)
            return address(
                "\(digit):\(digit):\(digit):\(digit):\(digit):\(digit):\(digit):\(digit)", number + 1)
        }
        let isOver = Atomic(false)
        let writer = Shared(isOver: isOver)
        let thread = try Thread {
            var turn = 0
            while !writer.isOver.load(ordering: .relaxed) {
                let number = turn % 5
                if number == 4 {
                    board.publish(0, SocketAddress(), since: 0)
                } else {
                    board.publish(0, all[number], since: Int64(number))
                }
                turn += 1
            }
        }
        var seen: Set<Int64> = []
        var tornCount = 0
        for round in 0..<400_000 where round < 30_000 || seen.count < 4 {
            for record in board.records() {
                seen.insert(record.since)
                if record.address != all[Int(record.since)] { tornCount += 1 }
            }
        }
        writer.isOver.store(true, ordering: .relaxed)
        thread.join()
        #expect(tornCount == 0)
        #expect(seen.count == 4, "the writer did write meanwhile")
    }

    private final class Shared: Sendable {
        let isOver: Atomic<Bool>
        init(isOver: consuming Atomic<Bool>) { self.isOver = isOver }
    }
}
