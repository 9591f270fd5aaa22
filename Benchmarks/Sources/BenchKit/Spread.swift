// SPDX-License-Identifier: GPL-2.0-or-later

internal import Support

/// The middle of some repetitions and how far they lie apart.
package struct Spread: Codable, Sendable {
    package let median, least, most: Double
    package let count: Int

    /// Nil when nothing was measured; values that are not finite are left out.
    package init?(_ values: [Double]) {
        let sorted = values.filter(\.isFinite).sorted()
        guard let least = sorted.first, let most = sorted.last else { return nil }
        self.least = least
        self.most = most
        count = sorted.count
        let middle = sorted.count / 2
        median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// `median (least-most)`
    package func text(_ digits: Int) -> String {
        count == 1
            ? fixed(median, digits)
            : "\(fixed(median, digits)) (\(fixed(least, digits))-\(fixed(most, digits)))"
    }
}
