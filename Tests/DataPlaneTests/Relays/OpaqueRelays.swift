// SPDX-License-Identifier: GPL-2.0-or-later

import Sockets
import Support

@testable import DataPlane

extension ClientRelay {
    /// One that forwards whatever it is given, and each copy.
    static func opaque(_ counters: Counters, allowedSources: [AddressPrefix] = []) -> ClientRelay {
        var random = SeededGenerator(seed: 1)
        return ClientRelay(
            counters: counters, copies: DuplicateStatistics(members: Limits.clientSocketSlots, streams: 1),
            statistics: PathStatistics(capacity: 1), isOpaque: true, allowedSources: allowedSources, random: &random)
    }
}

extension OpaqueServerRelay {
    /// One whose secrets are always the same.
    static func seeded(_ counters: Counters, _ board: PathStatistics, pathTimeout: Int64) -> OpaqueServerRelay {
        var random = SeededGenerator(seed: 2)
        return OpaqueServerRelay(counters: counters, statistics: board, events: .unread, pathTimeout: pathTimeout, random: &random)
    }
}
