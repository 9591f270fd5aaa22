// SPDX-License-Identifier: GPL-2.0-or-later

/// Where the control socket is, which commands such as `engarde status` talk to.
public struct ControlSocket: Hashable, Sendable {
    /// A path of at most 100 bytes; the folder it is in is made if it is missing.
    public var path: String
    /// Whether the file names it: then it is worth a warning when it cannot be had.
    public var isAskedFor: Bool

    public init(path: String, isAskedFor: Bool = false) {
        self.path = path
        self.isAskedFor = isAskedFor
    }
}
