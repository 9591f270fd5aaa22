// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Glibc
public import Sockets
internal import Synchronization

/// The thread that relays, and the rest of the program's hold on it: a mailbox in, counters out.
///
/// The thread owns all relay state. It blocks all signals, waits only in the engine, and after start neither
/// allocates nor locks.
public final class DataPlane: Sendable {
    /// What this data plane does.
    public enum Task: Sendable {
        /// WireGuard's datagrams to all links; `allowedSources` are networks besides this machine that WireGuard
        /// may speak from.
        case client(allowedSources: [AddressPrefix])
        /// Paths' datagrams upstream; a path silent for `pathTimeoutNanoseconds` is gone, at most `maxPaths` live.
        case server(pathTimeoutNanoseconds: Int64, maxPaths: Int)
    }

    public let counters = Counters()
    /// The server's live paths; nil on a client.
    public let paths: PathBoard?
    public let mailbox: Mailbox
    /// Rings, when asked to, at the next datagram.
    public let doorbell: Doorbell
    public let engine: EngineReport
    private let thread: Thread

    /// Opens an engine on a new thread and starts to relay. Sockets come by the mailbox.
    ///
    /// - Throws: `EngineUnavailable` when no engine that was asked for can be had, else an `Errno`.
    public init(_ task: Task, engine preference: EnginePreference, tuning: Tuning = Tuning()) throws {
        Limits.check()
        let mailbox = try Mailbox()
        self.mailbox = mailbox
        let doorbell = try Doorbell()
        self.doorbell = doorbell
        let counters = counters
        let board: PathBoard? =
            if case .server(_, let maxPaths) = task { PathBoard(capacity: maxPaths) } else { nil }
        paths = board
        let opening = Opening()
        thread = try Thread {
            Self.main(task, preference, tuning, mailbox, doorbell, counters, board, opening)
        }
        engine = try opening.wait().get()
    }

    /// Ends the thread and waits for it. Descriptors handed over are no longer used afterwards.
    public func stop() {
        mailbox.post(.stop)
        thread.join()
    }

    private static func main(
        _ task: Task, _ preference: EnginePreference, _ tuning: Tuning, _ mailbox: Mailbox,
        _ doorbell: Doorbell, _ counters: Counters, _ board: PathBoard?, _ opening: Opening
    ) {
        var refusals: [String] = []
        if let processor = tuning.processor {
            let result = engarde_pin_thread(Int32(processor))
            if result < 0 { refusals.append("processor \(processor): \(Errno(-result))") }
        }
        if preference != .polling {
            for mode in (tuning.submissionThread ? [.submissionThread] : []) + RingEngine.Mode.automatic {
                do throws(Errno) {
                    let engine = try RingEngine.open(
                        mode, mailbox: mailbox.reader, counters: counters, board: board)
                    if let microseconds = tuning.busyPollMicroseconds {
                        do throws(Errno) { try engine.busyPoll(microseconds: microseconds) } catch {
                            refusals.append("busy polling by io_uring: \(error)")
                        }
                    }
                    opening.succeed(
                        EngineReport(kind: .uring, description: "io_uring (\(mode.name))", refusals: refusals))
                    return run(engine, task, mailbox, doorbell, counters, board)
                } catch {
                    refusals.append("io_uring (\(mode.name)): \(explainUringRefusal(error))")
                }
            }
        }
        if preference != .uring {
            do throws(Errno) {
                let engine = try PollingEngine.open(mailbox: mailbox.reader, counters: counters, board: board)
                opening.succeed(
                    EngineReport(
                        kind: .polling, description: "polling (epoll, recvmmsg, sendmmsg)", refusals: refusals))
                return run(engine, task, mailbox, doorbell, counters, board)
            } catch {
                refusals.append("polling: \(error)")
            }
        }
        opening.fail(EngineUnavailable(refusals: refusals))
    }

    private static func run<E: Engine & ~Copyable>(
        _ engine: consuming E, _ task: Task, _ mailbox: Mailbox, _ doorbell: Doorbell, _ counters: Counters,
        _ board: PathBoard?
    ) {
        switch task {
        case .client(let allowedSources):
            var loop = Loop(
                engine: engine, relay: ClientRelay(counters: counters, allowedSources: allowedSources),
                mail: mailbox.reader, doorbell: doorbell.button)
            loop.run()
        case .server(let pathTimeoutNanoseconds, _):
            var loop = Loop(
                engine: engine,
                relay: ServerRelay(counters: counters, board: board!, pathTimeout: pathTimeoutNanoseconds),
                mail: mailbox.reader, doorbell: doorbell.button)
            loop.run()
        }
    }
}

/// How the opening of an engine ended, told from its thread to the one that waits.
private final class Opening: Sendable {
    private let state = Mutex<Result<EngineReport, EngineUnavailable>?>(nil)
    private let ready = Semaphore()

    func succeed(_ report: EngineReport) { tell(.success(report)) }
    func fail(_ failure: EngineUnavailable) { tell(.failure(failure)) }

    private func tell(_ result: Result<EngineReport, EngineUnavailable>) {
        state.withLock { $0 = result }
        ready.signal()
    }

    func wait() -> Result<EngineReport, EngineUnavailable> {
        ready.wait()
        return state.withLock { $0! }
    }
}
