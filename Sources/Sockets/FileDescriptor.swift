// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Glibc

/// An open descriptor with one owner; it closes when the owner lets go.
public struct FileDescriptor: ~Copyable, Sendable {
    public let rawValue: Int32

    /// Takes ownership of `rawValue`, which must be open and owned by nobody else.
    public init(owning rawValue: Int32) { self.rawValue = rawValue }

    /// An eventfd: a counter another thread can wait on.
    public static func event() throws(Errno) -> FileDescriptor {
        FileDescriptor(owning: try checked(engarde_event_create()))
    }

    /// Adds one to an eventfd and so wakes who waits on it.
    public borrowing func signal() { engarde_signal_event(rawValue) }

    deinit { close(rawValue) }
}
