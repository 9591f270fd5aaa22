// SPDX-License-Identifier: GPL-2.0-or-later

import CShims.Socket
import Glibc
import Synchronization
import Testing

@testable import DataPlane

/// A wait for datagrams must not look like one for a disk, which iowait and /proc/pressure/io tell of.
@Suite(.serialized) struct QuietWaitTests {
    private static let enter = 426
    /// `IORING_ENTER_NO_IOWAIT`, Linux 6.15.
    private static let withoutIowait = 1 << 7
    /// `epoll_pwait2`, on every architecture.
    private static let epoll = 441

    /// Whether the kernel is one that can be told. An older one may all the same.
    private static let isNew: Bool = {
        var names = utsname()
        uname(&names)
        let release = withUnsafeBytes(of: names.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let numbers = release.split { $0 == "." || $0 == "-" }.prefix(2).compactMap { Int($0) }
        return numbers.count == 2 && (numbers[0], numbers[1]) >= (6, 15)
    }()

    @Test("A wait in the ring tells the kernel that it is not for a disk; where it cannot, it is outside of the ring")
    func flag() throws {
        let call = try waiting(.deferTaskrun) {
            $0.number == Self.epoll || $0.number == Self.enter && $0.fourth & Self.withoutIowait != 0
        }
        #expect(call != nil && (!Self.isNew || call?.number == Self.enter))
    }

    @Test("Where it cannot be told, long waits are outside of the ring", arguments: [0, 50])
    func fallback(datagrams: Int) throws {
        #expect(try waiting(.deferTaskrunSignalled, after: datagrams) { $0.number == Self.epoll } != nil)
    }

    /// The bounds are far apart, so that it does not matter how busy the machine is.
    @Test("A datagram ends such a wait", arguments: [EngineTests.Kind.deferTaskrun, .deferTaskrunSignalled])
    func wakes(_ kind: EngineTests.Kind) throws {
        let bench = try EngineBench.client(kind)
        let wireGuard = try bench.openListen()
        let descriptor = dup(wireGuard.descriptor)
        let sender = try Thread {
            usleep(300_000)
            var byte: UInt8 = 1
            _ = write(descriptor, &byte, 1)
            close(descriptor)
        }
        let start = engarde_monotonic_nanoseconds()
        while bench.value(.receivedDatagrams, 0) == 0 { bench.turn(waitingAtMost: 60_000_000_000) }
        #expect(engarde_monotonic_nanoseconds() - start < 30_000_000_000)
        sender.join()
    }

    /// Several, since it is the second that gets lost where the kernel's own signal is relied on.
    @Test("Each command ends such a wait", arguments: [EngineTests.Kind.deferTaskrun, .deferTaskrunSignalled])
    func wakesForCommands(_ kind: EngineTests.Kind) throws {
        let bench = try EngineBench.client(kind)
        let mailbox = bench.mailbox
        for slot in 1...4 as ClosedRange<UInt16> {
            let socket = try Peer()
            let descriptor = socket.descriptor
            let sender = try Thread {
                usleep(300_000)
                mailbox.post(.attach(SocketHandle(slot: slot, generation: 1), descriptor: descriptor, .link))
            }
            let start = engarde_monotonic_nanoseconds()
            while bench.value(.generation, slot) == 0 { bench.turn(waitingAtMost: 60_000_000_000) }
            #expect(engarde_monotonic_nanoseconds() - start < 30_000_000_000)
            sender.join()
            bench.detach(slot)
            #expect(bench.turns { bench.hasReleased(slot) })
        }
    }

    /// A system call that a thread waits in.
    private struct SystemCall {
        var number: Int
        var fourth: Int

        /// As `/proc/PID/task/TID/syscall` has it: the number, six arguments, two pointers; nil unless it waits.
        init?(of thread: Int) {
            guard let file = fopen("/proc/self/task/\(thread)/syscall", "r") else { return nil }
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 256)
            guard fgets(&line, 256, file) != nil else { return nil }
            let words = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
                .split(separator: " ")
            guard words.count > 4, let number = Int(words[0]), let fourth = Int(words[4].dropFirst(2), radix: 16) else {
                return nil
            }
            self.number = number
            self.fourth = fourth
        }
    }

    private final class Shared: Sendable {
        let thread = Atomic<Int>(0)
        let isOver = Atomic<Bool>(false)
    }

    /// Lets an engine wait on a thread of its own, after so many datagrams in one go, until it is in a call that
    /// `isWanted`; nil when it never is.
    private func waiting(
        _ kind: EngineTests.Kind, after datagrams: Int = 0, isWanted: (SystemCall) -> Bool
    ) throws -> SystemCall? {
        let shared = Shared()
        let thread = try Thread {
            guard let bench = try? EngineBench.client(kind), let wireGuard = try? bench.openListen() else { return }
            for _ in 0..<datagrams { wireGuard.send([1]) }
            shared.thread.store(Int(gettid()), ordering: .releasing)
            while !shared.isOver.load(ordering: .acquiring) { bench.turn(waitingAtMost: 500_000_000) }
        }
        defer {
            shared.isOver.store(true, ordering: .releasing)
            thread.join()
        }
        for _ in 0..<10_000 {
            let identifier = shared.thread.load(ordering: .acquiring)
            if identifier > 0, let call = SystemCall(of: identifier), isWanted(call) { return call }
            usleep(1_000)
        }
        return nil
    }
}
