// SPDX-License-Identifier: GPL-2.0-or-later

/// The reason that something could not be read or changed on this machine, in one line.
public struct HostFailure: Error, Hashable, CustomStringConvertible {
    public var description: String

    public init(_ description: String) { self.description = description }
}
