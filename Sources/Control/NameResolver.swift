// SPDX-License-Identifier: GPL-2.0-or-later

public import Settings
public import Dispatch
internal import Glibc
public import Sockets
internal import Synchronization

/// Keeps names resolved, off everything else: a slow or dead name server delays nobody who asks here.
///
/// Each name and family has its own query on its own thread, so that none waits for another; a second one at a time is
/// begun only when the network has changed. The last good answer stays until a better one comes. Address literals are
/// answered at once and cost no timer; so is the empty host, which means this machine.
public final class NameResolver: Sendable {
    /// Blocks for as long as it likes; called on a thread of its own.
    public typealias Lookup = @Sendable (_ host: String, _ family: IPAddress.Family) -> NameAnswer

    private struct Query: Hashable {
        var host: String
        var family: IPAddress.Family
    }

    private struct State {
        var records: [Query: NameRecord] = [:]
        /// How many of a query are under way. Separate from the records, which may go and come back meanwhile.
        var underWay: [Query: Int] = [:]
        var alarm: Alarm?
        var isStopped = false
    }

    /// Queries of one name and family at one time, those that were overtaken included.
    private static let queriesAtOnceMax = 3

    private let state = Mutex(State())
    private let queue: DispatchQueue
    private let timing: NameTiming
    private let lookup: Lookup
    private let onChange: @Sendable (_ host: String, _ addresses: [IPAddress]) -> Void

    /// - Parameters:
    ///   - queue: a serial queue for callbacks and timers.
    ///   - onChange: called on `queue` when the set of addresses of a watched name has become another.
    public init(
        queue: DispatchQueue, timing: NameTiming = NameTiming(), lookup: @escaping Lookup = NameAnswer.system,
        onChange: @escaping @Sendable (_ host: String, _ addresses: [IPAddress]) -> Void
    ) {
        self.queue = queue
        self.timing = timing
        self.lookup = lookup
        self.onChange = onChange
    }

    deinit { state.withLock { $0.alarm?.cancel() } }

    /// The names to keep resolved from now on; the others are forgotten.
    public func watch(_ names: [HostPort]) {
        let wanted = names.map(\.host).filter { Self.literal($0) == nil }
            .flatMap { [Query(host: $0, family: .v4), Query(host: $0, family: .v6)] }
        let now = Self.now
        turn { state in
            let kept = Set(wanted)
            state.records = state.records.filter { kept.contains($0.key) }
            for query in wanted where state.records[query] == nil {
                state.records[query] = NameRecord(now: now)
            }
        }
    }

    /// The addresses last heard of, best first within each family; empty when none has been, or for a name
    /// that is not watched.
    public func addresses(of name: HostPort) -> [IPAddress] {
        Self.literal(name.host) ?? state.withLock { Self.addresses(of: name.host, $0) }
    }

    /// Why the last queries brought nothing, or nil when one did.
    public func failure(of name: HostPort) -> String? {
        state.withLock { state in
            let records = [IPAddress.Family.v4, .v6]
                .compactMap { state.records[Query(host: name.host, family: $0)] }
            return records.contains(where: \.isAlive) ? nil : records.compactMap(\.failure).first
        }
    }

    /// Asks again soon: at once, or as soon as five seconds have passed since the last query began.
    public func refresh(_ name: HostPort) {
        let now = Self.now
        turn { [timing] state in
            for family in [IPAddress.Family.v4, .v6] {
                state.records[Query(host: name.host, family: family)]?.want(now: now, timing: timing)
            }
        }
    }

    /// Asks at once for all names without an answer, since the network has changed. A query that was begun before is
    /// overtaken: it may wait for a name server that is out of reach now.
    public func retryUnanswered() {
        let now = Self.now
        turn { [timing] state in
            for query in state.records.keys { state.records[query]?.retry(now: now, timing: timing) }
        }
    }

    /// Ends queries and callbacks: at once when called on the queue, else after the one that may be under
    /// way. A query that hangs keeps its thread until the C library gives up.
    public func stop() {
        state.withLock {
            $0.isStopped = true
            $0.alarm?.cancel()
            $0.alarm = nil
        }
    }

    private static var now: UInt64 { DispatchTime.now().uptimeNanoseconds }

    static func literal(_ host: String) -> [IPAddress]? {
        if host.isEmpty { return [IPAddress("127.0.0.1")!, IPAddress("::1")!] }
        return IPAddress(host).map { [$0] }
    }

    private static func addresses(of host: String, _ state: State) -> [IPAddress] {
        [IPAddress.Family.v4, .v6].flatMap { state.records[Query(host: host, family: $0)]?.addresses ?? [] }
    }

    // MARK: Turns

    /// Changes the state, begins the queries that are due then, and sets the alarm for the next.
    private func turn(_ change: (inout State) -> Void) {
        let begun = state.withLock { state -> [Query] in
            guard !state.isStopped else { return [] }
            change(&state)
            let now = Self.now
            let ready = state.records.filter { query, record in
                let count = state.underWay[query, default: 0]
                return count == 0 || record.overtakes && count < Self.queriesAtOnceMax
            }
            let due = ready.filter { $0.value.due <= now }.map(\.key)
            for query in due {
                state.records[query]?.begin(now: now)
                state.underWay[query, default: 0] += 1
            }
            setAlarm(&state, ready.values.map(\.due).filter { $0 > now }.min())
            return due
        }
        for query in begun { start(query) }
    }

    private func setAlarm(_ state: inout State, _ time: UInt64?) {
        if state.alarm == nil && time != nil {
            state.alarm = Alarm(queue: queue) { [weak self] in
                self?.turn { $0.alarm?.hasRung() }
            }
        }
        state.alarm?.set(time)
    }

    private func start(_ query: Query) {
        let lookup = lookup
        let body = ThreadBody { [weak self] in
            // Nobody is kept waiting, or alive, by a query that hangs.
            let answer = lookup(query.host, query.family)
            self?.finish(query, answer)
        }
        if let failure = body.start() { finish(query, .failed("no thread for the query: \(failure)")) }
    }

    private func finish(_ query: Query, _ answer: NameAnswer) {
        let now = Self.now
        turn { [timing] state in
            let remaining = state.underWay[query, default: 1] - 1
            state.underWay[query] = remaining > 0 ? remaining : nil
            // A query that overtook this one is still to answer.
            if remaining > 0, case .addresses = answer {} else if remaining > 0 { return }
            let other = Query(host: query.host, family: query.family == .v4 ? .v6 : .v4)
            let isOtherAlive = state.records[other]?.isAlive ?? false
            let hasChanged = state.records[query]?
                .finish(answer, isOtherAlive: isOtherAlive, now: now, timing: timing)
            guard hasChanged == true else { return }
            let addresses = Self.addresses(of: query.host, state)
            // Queued under the lock, so that callbacks come in the order of what they tell.
            queue.async { [weak self] in
                guard let self, !self.state.withLock({ $0.isStopped }) else { return }
                self.onChange(query.host, addresses)
            }
        }
    }
}
