// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
internal import Host

/// Keeps a second setup away while one is at work.
final class SetupLock {
    private let descriptor: Int32

    /// - Throws: when another one is at work, or the user may not.
    init(_ files: Files) throws {
        try files.makeFolder(Places.state, mode: 0o700)
        let opened = open(files.place(Places.lock), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard opened >= 0 else { throw SetupFailure("\(Places.lock): \(String(cString: strerror(errno)))") }
        descriptor = opened
        // A lock of the process: a child that is about to be another program does not hold it.
        guard lockf(descriptor, F_TLOCK, 0) == 0 else {
            throw SetupFailure("another engarde is setting this machine up: wait for its end")
        }
    }

    deinit { close(descriptor) }
}
