// SPDX-License-Identifier: GPL-2.0-or-later

/// Where a value hangs in the tree: `client.dstOverrides[1].dstAddr`.
struct KeyPathText: Hashable, Sendable {
    enum Step: Hashable, Sendable {
        /// A name of ours.
        case known(String)
        /// A name the file brings along: it may be anything, so ``Redaction`` decides whether it is shown.
        case foreign(String)
        /// A list entry, from 0.
        case index(Int)
    }

    var steps: [Step] = []

    func appending(_ step: Step) -> KeyPathText { KeyPathText(steps: steps + [step]) }
}
