// SPDX-License-Identifier: GPL-2.0-or-later

/// Names the control socket, which commands such as `engarde status` talk to.
public struct ControlSocket: Hashable, Sendable {
    /// An absolute path of at most 96 bytes; the folder it is in is made if it is missing.
    public var path: String
    /// True when the file names it: then it is worth a warning when it cannot be had.
    public var isAskedFor: Bool

    public init(path: String, isAskedFor: Bool = false) {
        self.path = path
        self.isAskedFor = isAskedFor
    }
}
