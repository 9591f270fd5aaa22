// SPDX-License-Identifier: GPL-2.0-or-later

/// What a campaign measures and how long.
package struct Plan: Sendable {
    package var cases: [Case]
    /// How often every variant is measured at every case.
    package var repetitions: Int
    /// Measured seconds a run, longer where ``seconds(_:)`` says so.
    package var seconds: Double
    /// The point at which the requirements are stated.
    package static let links = 3
    package static let size = 1_200

    package var overloads: Int
    package var linkEvents: Int
    package var tunnels: Int
    package var tunnelSeconds: Int
    /// Where only what a requirement compares with itself is measured: io_uring alone, and opaque beside it.
    package var ringOnly: [Case] = []
    /// How many datagrams must pass while the allocations of the relays' loops are counted; 0 for not at all.
    package var countedDatagrams: UInt64

    /// A slow clock needs a second for figures of a thousandth.
    func seconds(_ at: Case) -> Double { if case .rate = at.load { max(seconds, 1) } else { seconds } }

    /// The variants to measure at a case.
    func present(_ variants: [Variant], at: Case) -> [Variant] {
        variants.filter {
            $0.scope.contains(at) && (!ringOnly.contains(at) || $0.name.hasPrefix(Variant.ringName))
        }
    }

    /// The whole matrix; about an hour.
    package static var full: Plan {
        var cases: [Case] = []
        for links in [1, 3, 8] {
            for size in [148, 512, 1_200, 1_420] {
                for load in [Load.rate(2_000), .rate(20_000), .full] {
                    for direction in Direction.allCases {
                        cases.append(Case(links: links, size: size, load: load, direction: direction))
                    }
                }
            }
        }
        return Plan(
            cases: cases, repetitions: 5, seconds: 1, overloads: 5, linkEvents: 10, tunnels: 5,
            tunnelSeconds: 5, countedDatagrams: 1_000_000)
    }

    /// What the requirements are stated on; under two minutes.
    package static var quick: Plan {
        func at(_ load: Load, _ direction: Direction, links: Int = Plan.links) -> Case {
            Case(links: links, size: size, load: load, direction: direction)
        }
        let alone = [at(.full, .up, links: 1), at(.full, .up, links: 8)]
        return Plan(
            cases: [at(.full, .up), at(.full, .down), at(.rate(2_000), .up), at(.rate(20_000), .up)] + alone,
            repetitions: 3, seconds: 0.4, overloads: 1, linkEvents: 1, tunnels: 2, tunnelSeconds: 2,
            ringOnly: alone, countedDatagrams: 1_000_000)
    }
}
