// SPDX-License-Identifier: GPL-2.0-or-later

import Sockets
import Support

@testable import DataPlane

extension ClientRelay {
    /// One that forwards whatever it is given, and each copy.
    static func opaque(_ counters: Counters, allowedSources: [AddressPrefix] = []) -> ClientRelay {
        var random = SeededGenerator(seed: 1)
        return ClientRelay(
            counters: counters, copies: CopyBoard(members: Limits.clientSocketSlots, streams: 1),
            board: PathBoard(capacity: 1), isOpaque: true, allowedSources: allowedSources, random: &random)
    }
}
