// SPDX-License-Identifier: GPL-2.0-or-later

/// Answers the one who watches over a program.
public protocol SupervisedProgram: Sendable {
    /// Returns true once the program relays: its sockets are open, and it knows what else there is to open. Does not
    /// wait for the network.
    func hasStarted() async -> Bool
    /// Has the data plane's loop turn, which else waits for the next datagram, and returns once it has.
    ///
    /// - Throws: `CancellationError`, and nothing else: a loop that hangs is waited for without end.
    func turn() async throws
}
