// SPDX-License-Identifier: GPL-2.0-or-later

internal import CBench
internal import Support

/// Which core does what: the relays have one for themselves, everything else has the other.
package struct Cores: Codable, Sendable {
    package let relays: Int
    package let load: Int
    /// Further cores for the relays; nil when they have one.
    package let more: [Int]?

    package init(relays: Int, load: Int, more: [Int] = []) {
        self.relays = relays
        self.load = load
        self.more = more.isEmpty ? nil : more
    }

    /// The first two cores the calling thread may use.
    package static func available() throws -> Cores {
        let cores = allowed()
        guard cores.count >= 2 else {
            throw LaboratoryFailure("the bench needs two cores: one for the relays, one for load and sink")
        }
        return Cores(relays: Int(cores[0]), load: Int(cores[1]))
    }

    /// What the calling thread may use, ascending.
    static func allowed() -> [Int32] {
        var cores = [Int32](repeating: 0, count: 1_024)
        let count = cbench_cores(&cores, Int32(cores.count))
        return Array(cores.prefix(max(0, Int(count))))
    }

    /// Keeps the calling thread, and all that is started from it, to these cores.
    static func use(_ cores: [Int32]) throws {
        let failure = cbench_use_cores(cores, Int32(cores.count))
        guard failure == 0 else { throw LaboratoryFailure("cannot use cores \(cores): errno \(-failure)") }
    }

    /// All of the relays'.
    package var relayList: String { ([relays] + (more ?? [])).map(String.init).joined(separator: ",") }

    /// A command that runs on the relays' cores.
    func pinned(_ command: [String]) -> [String] { ["taskset", "-c", relayList] + command }
}
