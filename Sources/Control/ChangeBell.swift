// SPDX-License-Identifier: GPL-2.0-or-later

internal import Synchronization

/// Rings for whoever wants to know at once that a link or path has changed its state.
final class ChangeBell: Sendable {
    private let handler = Mutex<(@Sendable () -> Void)?>(nil)

    func onRing(_ handler: @escaping @Sendable () -> Void) { self.handler.withLock { $0 = handler } }

    func ring() { handler.withLock { $0 }?() }
}
