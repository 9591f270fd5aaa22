// SPDX-License-Identifier: GPL-2.0-or-later

/// Waits for something that should soon be so.
struct Waiting {
    private let limit: Duration

    init(seconds: Int) { limit = .seconds(seconds) }

    /// Returns whether it came to be so in time.
    func until(_ condition: () async -> Bool) async -> Bool {
        let end = ContinuousClock.now + limit
        while await !condition() {
            guard ContinuousClock.now < end else { return false }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return true
    }
}
