// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Glibc
public import Sockets
internal import Synchronization
public import WireGuardWire

/// The thread that relays, and the rest of the program's hold on it: a mailbox in, counters out.
///
/// The thread owns all relay state. It blocks all signals, waits only in the engine, and after start neither
/// allocates nor locks.
public final class DataPlane: Sendable {
    /// What this data plane does.
    public enum Task: Sendable {
        /// WireGuard's datagrams to all links, and theirs to WireGuard once; `allowedSources` are networks besides this
        /// machine that WireGuard may speak from. Opaque traffic is not WireGuard's and is passed on as it comes.
        case client(allowedSources: [AddressPrefix], isOpaque: Bool)
        /// Each client's datagrams to WireGuard once, by the client's own upstream socket. Who knows WireGuard's
        /// public key tells handshakes meant for it from others.
        case server(SessionLimits, wireGuardKey: PublicKey?)
        /// Everybody's datagrams to the one upstream socket, and its to everybody. Of the limits `maxPaths` and the
        /// timeout count.
        case opaqueServer(SessionLimits)
    }

    public let counters = Counters()
    /// The server's live paths and sessions; nil on a client. Opaque traffic has no sessions.
    public let statistics: ServerStatistics?
    /// What copies tell. Members are the client's link sockets by slot, or the server's paths.
    public let copies: DuplicateStatistics
    /// The client's WireGuard, as the one path there is once it has spoken.
    public let wireGuard = PathStatistics(capacity: 1)
    public let mailbox: Mailbox
    public let events: EventRing
    public let engine: EngineReport
    private let thread: Thread
    private let hasStopped = Atomic(false)
    /// More than an engine takes to end, see `RingEngine.endReceives()`.
    private static let endSecondsMax = 2

    /// Opens an engine on a new thread and starts to relay. Sockets come by the mailbox.
    ///
    /// - Throws: `EngineUnavailable` when no engine that was asked for can be had, else an `Errno`.
    public init(_ task: Task, engine preference: EnginePreference, tuning: Tuning = Tuning()) throws {
        Limits.check()
        let mailbox = try Mailbox()
        self.mailbox = mailbox
        let events = try EventRing()
        self.events = events
        let counters = counters
        let statistics: ServerStatistics? =
            switch task {
            case .client: nil
            case .server(let limits, _), .opaqueServer(let limits): ServerStatistics(limits)
            }
        self.statistics = statistics
        let copies = statistics?.copies ?? DuplicateStatistics(members: Limits.clientSocketSlots, streams: 1)
        self.copies = copies
        let opening = Opening()
        let crossing = Crossing(
            counters: counters, copies: copies, statistics: statistics, wireGuard: wireGuard, mailbox: mailbox,
            events: events)
        thread = try Thread { Self.main(task, preference, tuning, crossing, opening) }
        engine = try opening.wait().get()
    }

    /// Ends the thread and waits for it, but not for ever. Descriptors handed over are no longer used afterwards.
    ///
    /// Returns whether the thread has ended. One that does not end goes with the process, and what it
    /// uses stays until then. Without this it is done when nobody holds the data plane any more.
    @discardableResult
    public func stop() -> Bool {
        if hasStopped.exchange(true, ordering: .relaxed) { return true }
        mailbox.post(.stop)
        if thread.join(seconds: Self.endSecondsMax) { return true }
        _ = unsafe Unmanaged.passRetained(mailbox)
        _ = unsafe Unmanaged.passRetained(events)
        return false
    }

    deinit { stop() }

    /// What the thread shares with the rest of the program.
    private struct Crossing: Sendable {
        var counters: Counters
        var copies: DuplicateStatistics
        var statistics: ServerStatistics?
        var wireGuard: PathStatistics
        var mailbox: Mailbox
        var events: EventRing
    }

    private static func main(
        _ task: Task, _ preference: EnginePreference, _ tuning: Tuning, _ crossing: Crossing, _ opening: Opening
    ) {
        let (mail, counters, events) = (crossing.mailbox.reader, crossing.counters, crossing.events.writer)
        var refusals: [String] = []
        var sharing = CPUSharing(yields: false)
        do throws(Errno) {
            try CPUSharing.takeShortSlices()
            sharing = CPUSharing(yields: true)
        } catch {
            refusals.append("short slices of the processor: \(error)")
        }
        if let processor = tuning.processor {
            let result = engarde_pin_thread(Int32(processor))
            if result < 0 { refusals.append("processor \(processor): \(Errno(-result))") }
        }
        if preference != .polling {
            for mode in (tuning.submissionThread ? [.submissionThread] : []) + RingEngine.Mode.automatic {
                do throws(Errno) {
                    let engine = try RingEngine.open(mode, mailbox: mail, counters: counters, events: events)
                    if let microseconds = tuning.busyPollMicroseconds {
                        do throws(Errno) { try engine.busyPoll(microseconds: microseconds) } catch {
                            refusals.append("busy polling by io_uring: \(error)")
                        }
                    }
                    opening.succeed(
                        EngineReport(kind: .uring, description: "io_uring (\(mode.name))", refusals: refusals))
                    return run(engine, task, crossing, sharing)
                } catch {
                    refusals.append("io_uring (\(mode.name)): \(explainUringRefusal(error))")
                }
            }
        }
        if preference != .uring {
            do throws(Errno) {
                let engine = try PollingEngine.open(mailbox: mail, counters: counters, events: events)
                opening.succeed(
                    EngineReport(
                        kind: .polling, description: "polling (epoll, recvmmsg, sendmmsg)", refusals: refusals))
                return run(engine, task, crossing, sharing)
            } catch {
                refusals.append("polling: \(error)")
            }
        }
        opening.fail(EngineUnavailable(refusals: refusals))
    }

    private static func run<E: Engine & ~Copyable>(
        _ engine: consuming E, _ task: Task, _ crossing: Crossing, _ sharing: CPUSharing
    ) {
        var random = SystemRandomNumberGenerator()
        switch task {
        case .client(let allowedSources, let isOpaque):
            run(
                engine,
                ClientRelay(
                    counters: crossing.counters, copies: crossing.copies, statistics: crossing.wireGuard,
                    isOpaque: isOpaque, allowedSources: allowedSources, random: &random), crossing, sharing)
        case .server(let limits, let key):
            run(
                engine,
                ServerRelay(
                    counters: crossing.counters, statistics: crossing.statistics!, events: crossing.events.writer,
                    limits: limits, verifier: key.map(InitiationVerifier.init), random: &random), crossing, sharing)
        case .opaqueServer(let limits):
            run(
                engine,
                OpaqueServerRelay(
                    counters: crossing.counters, statistics: crossing.statistics!.paths,
                    events: crossing.events.writer, pathTimeout: limits.pathTimeoutNanoseconds, random: &random), crossing, sharing)
        }
    }

    private static func run<E: Engine & ~Copyable, R: Relay & ~Copyable>(
        _ engine: consuming E, _ relay: consuming R, _ crossing: Crossing, _ sharing: CPUSharing
    ) {
        let batch = Batch(
            counters: crossing.counters, events: crossing.events.writer, paths: crossing.statistics?.paths,
            segmentLimit: SegmentLimit.probe())
        var loop = Loop(
            engine: engine, relay: relay, batch: batch, mail: crossing.mailbox.reader,
            events: crossing.events.writer, sharing: sharing, counters: crossing.counters)
        loop.run()
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
