// SPDX-License-Identifier: GPL-2.0-or-later

internal import Synchronization

/// Rings for whoever wants to know at once that a link or path has changed its state.
final class ChangeBell: Sendable {
    private let handlers = Mutex<[@Sendable () -> Void]>([])

    func onRing(_ handler: @escaping @Sendable () -> Void) { handlers.withLock { $0.append(handler) } }

    func ring() { for handler in handlers.withLock({ $0 }) { handler() } }
}
