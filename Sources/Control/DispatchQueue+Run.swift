// SPDX-License-Identifier: GPL-2.0-or-later

internal import Dispatch

extension DispatchQueue {
    /// Does something on the queue; no thread waits meanwhile.
    func run<T: Sendable>(_ body: @escaping @Sendable () -> T) async -> T {
        await withCheckedContinuation { continuation in
            async { continuation.resume(returning: body()) }
        }
    }
}
