// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
internal import Sockets

/// Which engine is wanted.
public enum EnginePreference: Hashable, Sendable {
    /// The best the kernel allows.
    case automatic
    case uring
    case polling
}

/// Which engine serves, and what was refused on the way to it.
public struct EngineReport: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable { case uring = "io_uring", polling }

    public var kind: Kind
    /// For people: `io_uring (deferred task run, single issuer)`.
    public var description: String
    /// What was tried before and why it was refused, in order.
    public var refusals: [String]
}

/// No engine could be opened.
public struct EngineUnavailable: Error, Hashable, Sendable, CustomStringConvertible {
    public var refusals: [String]
    public var description: String { refusals.joined(separator: "; ") }
}

/// Why the kernel may have refused, in words that lead to a cure.
func explainUringRefusal(_ errno: Errno) -> String {
    switch errno.rawValue {
    case EPERM, EACCES: "not permitted: see sysctl kernel.io_uring_disabled, or the container's system call filter"
    case ENOSYS: "the kernel has no io_uring"
    case ENOMEM: "out of memory: see the memory lock limit (ulimit -l)"
    case EINVAL, EOPNOTSUPP: "the kernel lacks a feature it needs (multishot receives want Linux 6.0)"
    default: errno.description
    }
}
