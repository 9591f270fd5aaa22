// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc

/// What the kernel answered when it refused: a positive `errno` value with its text.
public struct Errno: Error, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: Int32

    public init(_ rawValue: Int32) { self.rawValue = rawValue }

    /// The calling thread's `errno`, to be read right after the call that failed.
    public static var current: Errno { Errno(Glibc.errno) }

    public var description: String { unsafe String(cString: strerror(rawValue)) }
}

/// Passes a result through; one below zero is `-errno` and is thrown.
@discardableResult
public func checked(_ result: Int32) throws(Errno) -> Int32 {
    if result < 0 { throw Errno(-result) }
    return result
}

/// Passes a libc result through; -1 is thrown as the current `errno`.
@discardableResult
public func checkedLibc(_ result: Int32) throws(Errno) -> Int32 {
    if result < 0 { throw Errno.current }
    return result
}
