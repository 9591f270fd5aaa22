// SPDX-License-Identifier: GPL-2.0-or-later

/// What is left when far more is offered than fits.
package struct OverloadRun: Codable, Sendable {
    /// How many times the best rate is offered.
    package static let factor = 10.0

    package let variant: String
    package let repetition: Int
    /// Delivered a second at full load, just before.
    package let best: Double
    /// Offered a second, by what the source really sent.
    package let offered: Double
    package let delivered: Double
    package var share: Double { delivered / max(best, delivered) }
}

extension Bench {
    /// Offers ten times of what the variant has just delivered at full load.
    package func overload(_ variant: Variant, repetition: Int, seconds: Double) throws -> OverloadRun {
        var at = Case(links: Plan.links, size: Plan.size, load: .full, direction: .up)
        let best = try measure(variant, at, repetition: repetition, seconds: seconds, counting: 0)
        at.load = .rate(Int(best.delivered * OverloadRun.factor))
        let over = try measure(variant, at, repetition: repetition, seconds: seconds, counting: 0)
        return OverloadRun(
            variant: variant.name, repetition: repetition, best: best.delivered,
            offered: over.flows[0].offeredPerSecond, delivered: over.delivered)
    }
}
