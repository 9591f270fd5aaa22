// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
public import WebManager

extension ControlSocket {
    /// Returns the path of a program's socket for a file that names none: in the folder systemd made for the service, as
    /// its `RUNTIME_DIRECTORY` says, or in `/run/engarde`, which is that folder with the units that come with engarde.
    public static func usualPath(for role: String) -> String {
        // Several folders are separated by colons.
        let folder = getenv("RUNTIME_DIRECTORY").map { String(cString: $0) }?.split(separator: ":").first
        return "\(folder ?? "/run/engarde")/\(role).sock"
    }

    /// - Parameters:
    ///   - path: as the file gives it: nil for the usual place.
    ///   - role: `client` or `server`.
    /// - Returns: nil for no socket.
    public init?(_ path: String?, for role: String) {
        guard path != "" else { return nil }
        self.init(path: path ?? Self.usualPath(for: role), isAskedFor: path != nil)
    }
}
