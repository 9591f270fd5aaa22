// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Sockets
import Synchronization

/// A network namespace that is ours alone and goes when we go.
///
/// Its name says whose it is, see ``RunIdentity``, so that ``Leftovers`` of a killed run can be told.
public final class Namespace: Sendable {
    static let folder = "/run/netns"
    private static let count = Atomic<Int>(0)

    public let name: String
    private let cleanup = Mutex<Int?>(nil)

    private var path: String { "\(Self.folder)/\(name)" }

    /// Creates it, with `lo` up.
    public init(_ label: String) throws {
        Cleanup.handleSignals()
        let number = Self.count.add(1, ordering: .relaxed).newValue
        let name = "\(RunIdentity.prefix)\(number)-\(label)"
        self.name = name
        let token = Cleanup.register { Self.delete(name) }
        cleanup.withLock { $0 = token }
        try run(["ip", "netns", "add", name])
        try run(["ip", "link", "set", "lo", "up"], in: self)
        // Copies come back over links that are not the best route to their source: no strict reverse path check.
        try inside {
            for scope in ["all", "default"] { try? writeText("0", to: "/proc/sys/net/ipv4/conf/\(scope)/rp_filter") }
        }
    }

    deinit { delete() }

    /// Deletes it. Processes inside keep it alive, nameless, until they end.
    public func delete() {
        let token = cleanup.withLock { cleanup in
            defer { cleanup = nil }
            return cleanup
        }
        guard let token else { return }
        Cleanup.unregister(token)
        Self.delete(name)
    }

    /// Unmounts and removes the name, as `ip netns del` does, without a process: this also runs on signals.
    static func delete(_ name: String) {
        umount2("\(folder)/\(name)", Int32(MNT_DETACH))
        unlink("\(folder)/\(name)")
    }

    /// Runs `body` with the calling thread in this namespace: sockets it makes stay here, whoever uses them later.
    public func inside<R>(_ body: () throws -> R) throws -> R {
        let home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
        let here = open(path, O_RDONLY | O_CLOEXEC)
        defer {
            close(home)
            close(here)
        }
        guard home >= 0, here >= 0, setns(here, CLONE_NEWNET) == 0 else {
            throw LaboratoryFailure("cannot enter namespace \(name): \(Errno.current)")
        }
        defer { precondition(setns(home, CLONE_NEWNET) == 0, "cannot leave namespace \(name): \(Errno.current)") }
        return try body()
    }

    /// Packets and bytes that each interface of this namespace has received.
    public func received() throws -> [String: (packets: Int, bytes: Int)] {
        let text = try inside { readText("/proc/thread-self/net/dev") }
        var counts: [String: (packets: Int, bytes: Int)] = [:]
        for line in text.split(separator: "\n").dropFirst(2) {
            let halves = line.split(separator: ":", maxSplits: 1)
            let fields = halves.count == 2 ? halves[1].split(separator: " ").compactMap { Int($0) } : []
            guard fields.count > 1 else { continue }
            counts[String(halves[0].drop { $0 == " " })] = (packets: fields[1], bytes: fields[0])
        }
        return counts
    }
}
