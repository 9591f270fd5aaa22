// SPDX-License-Identifier: GPL-2.0-or-later

import Support

/// One stretch of the demonstration: every link is brought back first, then this is done to some.
struct Phase: Sendable {
    let name: String
    let act: @Sendable ([LaboratoryLink]) throws -> Void

    init(_ name: String, _ act: @escaping @Sendable ([LaboratoryLink]) throws -> Void = { _ in }) {
        self.name = name
        self.act = act
    }

    /// The whole story, for three links. At every moment at least one link lives.
    static let all: [Phase] =
        [Phase("all links")]
        + (0..<3).map { index in Phase("c\(index + 1) set down") { try $0[index].down() } }
        + (0..<3).map { index in Phase("c\(index + 1) loses its carrier") { try $0[index].carrierLost() } }
        + (0..<3).map { index in Phase("c\(index + 1) swallows everything") { try $0[index].silentlyDrop() } }
        + [
            Phase("c1 and c2 set down") {
                try $0[0].down()
                try $0[1].down()
            },
            Phase("c2 down, c3 no carrier") {
                try $0[1].down()
                try $0[2].carrierLost()
            },
            Phase("c1 unplugged, c3 swallows") {
                try $0[0].remove()
                try $0[2].silentlyDrop()
            },
            Phase("c3 loses half of all") { try $0[2].lose(percent: 50) },
            Phase("c1 gets another address") { try $0[0].changeAddress() },
            Phase("new address alone") {
                try $0[1].silentlyDrop()
                try $0[2].silentlyDrop()
            },
            Phase("all links again"),
        ]
}
