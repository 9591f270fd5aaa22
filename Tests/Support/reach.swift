// SPDX-License-Identifier: GPL-2.0-or-later

/// Pings until the first answer.
///
/// - Parameter interface: the one to ping over; nil leaves that to the routing table.
public func reach(
    _ address: String, from namespace: Namespace, over interface: String? = nil, seconds: Double = Patience.seconds
) throws {
    let words = ["ping", "-n", "-c1", "-W1"] + (interface.map { ["-I", $0] } ?? []) + [address]
    var failure: (any Error)?
    let isReached = Monotonic.wait(seconds: seconds) {
        do {
            try run(words, in: namespace)
            return true
        } catch {
            failure = error
            return false
        }
    }
    if !isReached, let failure { throw failure }
}
