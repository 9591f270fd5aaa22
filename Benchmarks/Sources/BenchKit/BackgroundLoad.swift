// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
internal import Support
internal import Synchronization

/// A flow on a thread of its own, which sleeps between datagrams so that others can use its core.
final class BackgroundLoad: @unchecked Sendable {
    private let flow: Flow
    private let stopping = Atomic(false)
    private var thread = pthread_t()

    /// Starts it; nobody else may use the flow until ``stop()``.
    init(_ flow: Flow) throws {
        self.flow = flow
        let failure = pthread_create(
            &thread, nil,
            { pointer in
                let load = Unmanaged<BackgroundLoad>.fromOpaque(pointer!).takeUnretainedValue()
                while !load.stopping.load(ordering: .relaxed) {
                    Flow.begin([load.flow])
                    Flow.run([load.flow], seconds: 0.05, sleeps: true)
                }
                return nil
            }, Unmanaged.passUnretained(self).toOpaque())
        guard failure == 0 else { throw LaboratoryFailure("no thread for the load: errno \(failure)") }
    }

    func stop() {
        stopping.store(true, ordering: .relaxed)
        pthread_join(thread, nil)
    }
}
