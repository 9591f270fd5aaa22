// SPDX-License-Identifier: GPL-2.0-or-later

internal import DataPlane

extension DataPlane {
    /// Has the loop turn, and returns once it has. Only one that hangs makes it look more than once or twice.
    func turn() async throws {
        let seen = counters.value(.turns)
        mailbox.knock()
        var pause = Duration.milliseconds(1)
        while counters.value(.turns) == seen {
            try await ContinuousClock().sleep(for: pause)
            pause = min(pause * 2, .milliseconds(200))
        }
    }
}
