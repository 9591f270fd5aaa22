// SPDX-License-Identifier: GPL-2.0-or-later

/// The reason that a machine cannot be set up, in one line with what to do.
public struct SetupFailure: Error, Hashable, CustomStringConvertible {
    public var description: String

    public init(_ description: String) { self.description = description }
}
