// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
public import WebManager

extension ControlSocket {
    /// Where a program's socket is unless its file says otherwise: in the folder systemd made for the service, or the
    /// one it makes there with the packaged unit.
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
