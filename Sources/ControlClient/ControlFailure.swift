// SPDX-License-Identifier: GPL-2.0-or-later

/// Why a program could not be asked, in one line.
public struct ControlFailure: Error, Hashable, CustomStringConvertible {
    public var description: String

    init(_ description: String) { self.description = description }
}
