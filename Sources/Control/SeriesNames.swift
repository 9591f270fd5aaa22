// SPDX-License-Identifier: GPL-2.0-or-later

internal import Sockets

/// Names for the server's sessions and paths that last longer than they do, so that time series go on.
///
/// A session has a number: again the one that a session with one of its addresses had before, else one that nobody has
/// had for an hour. A path is named after its address, without the port, which changes with each mapping of a NAT. If
/// several paths of a session share an address, the second is named `address#2` and so on; a path that takes the place
/// of one not heard since inherits its name. To be updated once a second with what is proven, and nothing else.
struct SeriesNames {
    /// A path that is proven, as it is now. Times are monotonic nanoseconds.
    struct Path {
        var address: SocketAddress
        /// When it came into being, which tells it from others that had its address.
        var since: Int64
        var lastReceived: Int64
        /// The id of its session.
        var session: UInt64
    }

    /// After this long without a session a number may go to any other.
    static let restNanoseconds: Int64 = 3_600_000_000_000

    private struct Number {
        /// The id of the session that has it; nil for none.
        var session: UInt64?
        /// Addresses of the last session that had it.
        var addresses: Set<IPAddress> = []
        /// When it was last in use.
        var lastUsed: Int64 = 0
    }

    private struct Name {
        var path: Path
        /// Counts the paths of the session with this address; nil once another path has inherited the name.
        var ordinal: Int?
    }

    /// Number 1 first.
    private var numbers: [Number] = []
    private var names: [SocketAddress: Name] = [:]

    /// The number of a session; nil while it has none.
    func number(ofSession id: UInt64) -> Int? { numbers.firstIndex { $0.session == id }.map { $0 + 1 } }

    /// The name of a path among those of its session; nil when it has none.
    func name(of address: SocketAddress) -> String? {
        guard let name = names[address], let ordinal = name.ordinal else { return nil }
        return ordinal == 1 ? "\(address.ip)" : "\(address.ip)#\(ordinal)"
    }

    /// Takes in which sessions and paths are live now.
    mutating func update(sessions: [UInt64], paths: [Path], now: Int64) {
        numberSessions(sessions, Dictionary(grouping: paths, by: \.session), now)
        namePaths(paths)
    }

    private mutating func numberSessions(_ sessions: [UInt64], _ paths: [UInt64: [Path]], _ now: Int64) {
        let live = Set(sessions)
        var numbered: Set<UInt64> = []
        for index in numbers.indices {
            guard let session = numbers[index].session else { continue }
            guard live.contains(session) else {
                numbers[index].session = nil
                continue
            }
            numbered.insert(session)
            numbers[index].lastUsed = now
            let addresses = Set((paths[session] ?? []).map(\.address.ip))
            if !addresses.isEmpty { numbers[index].addresses = addresses }
        }
        for session in sessions.sorted() where !numbered.contains(session) {
            let addresses = Set((paths[session] ?? []).map(\.address.ip))
            let known = numbers.firstIndex { $0.session == nil && !$0.addresses.isDisjoint(with: addresses) }
            let rested = numbers.firstIndex { $0.session == nil && now - $0.lastUsed >= Self.restNanoseconds }
            let index = known ?? rested ?? numbers.endIndex
            if index == numbers.endIndex { numbers.append(Number()) }
            numbers[index] = Number(session: session, addresses: addresses, lastUsed: now)
        }
    }

    private mutating func namePaths(_ paths: [Path]) {
        var before = names
        names = [:]
        var new: [Path] = []
        for path in paths {
            let known = before.removeValue(forKey: path.address)
            guard let known, known.path.since == path.since, known.path.session == path.session else {
                new.append(path)
                continue
            }
            // One that was taken to be over and is heard again is named anew.
            if known.ordinal == nil, path.lastReceived > known.path.lastReceived {
                new.append(path)
            } else {
                names[path.address] = Name(path: path, ordinal: known.ordinal)
            }
        }
        for path in new.sorted(by: { $0.since < $1.since }) {
            names[path.address] = Name(path: path, ordinal: inherit(path) ?? freeOrdinal(path))
        }
    }

    private func isKin(_ name: Name, _ path: Path) -> Bool {
        name.ordinal != nil && name.path.session == path.session && name.path.address.ip == path.address.ip
    }

    /// Takes the name of the path that has not been heard for longest, if that has not been heard since this one came.
    private mutating func inherit(_ path: Path) -> Int? {
        let over = names.values.filter { isKin($0, path) && $0.path.lastReceived <= path.since }
            .min { $0.path.lastReceived < $1.path.lastReceived }
        guard let over else { return nil }
        names[over.path.address]!.ordinal = nil
        return over.ordinal
    }

    private func freeOrdinal(_ path: Path) -> Int {
        let taken = Set(names.values.filter { isKin($0, path) }.compactMap(\.ordinal))
        return (1...).first { !taken.contains($0) }!
    }
}
