// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
public import Host

/// Keeps other setups away, from the first look at the machine to the last change of it.
public final class SetupLock: Sendable {
    private let descriptor: Int32

    /// Waits for another setup's end.
    ///
    /// - Parameters:
    ///   - patience: how long to wait.
    ///   - report: told that there is another one.
    /// - Throws: when the other one is still at work then, or the user may not.
    public init(
        _ files: Files, patience: Duration = .seconds(30), report: (String) -> Void = { _ in }
    ) async throws {
        let opened = open(files.place(Places.lock), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard opened >= 0 else { throw SetupFailure("\(Places.lock): \(String(cString: strerror(errno)))") }
        descriptor = opened
        // A child that is about to be another program holds it too, for a moment.
        let end = ContinuousClock.now + patience
        var isFirst = true
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard ContinuousClock.now < end else {
                throw SetupFailure("another engarde is setting this machine up: wait for its end")
            }
            if isFirst { report("waiting for another engarde, which is setting this machine up") }
            isFirst = false
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    deinit { close(descriptor) }
}
