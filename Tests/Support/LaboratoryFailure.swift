// SPDX-License-Identifier: GPL-2.0-or-later

/// Something the laboratory could not do: a command that failed, a line that never came, a limit that passed.
public struct LaboratoryFailure: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}
