// SPDX-License-Identifier: GPL-2.0-or-later

extension OutgoingWatch {
    /// Watches for a second after another, each with a watch of its own, until nothing was sent in one.
    ///
    /// - Returns: what was sent in the last of them, by target.
    public static func untilNothing(
        seconds: Double = Patience.seconds, _ make: () throws -> OutgoingWatch
    ) throws -> [Int] {
        let deadline = Monotonic.deadline(seconds: seconds)
        while true {
            let watch = try make()
            Monotonic.sleep(seconds: 1)
            let counts = try watch.counts()
            if counts.allSatisfy({ $0 == 0 }) || Monotonic.nanoseconds > deadline { return counts }
        }
    }
}
