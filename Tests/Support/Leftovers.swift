// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// What runs left behind that were killed before they could clean up.
public enum Leftovers {
    /// Removes namespaces, with the programs still inside them, and folders whose run is dead. Returns their names.
    @discardableResult
    public static func remove() -> [String] {
        var removed: [String] = []
        // Another user's cannot be removed, and are not ours to mention.
        func note(_ name: String, _ path: String) { if access(path, F_OK) != 0 { removed.append(name) } }
        for name in directoryEntries(Namespace.folder) where RunIdentity.isDead(name) {
            endPrograms(inside: name)
            Namespace.delete(name)
            note(name, "\(Namespace.folder)/\(name)")
        }
        for name in directoryEntries("/tmp") where RunIdentity.isDead(name) {
            TemporaryFolder.remove("/tmp/\(name)")
            note(name, "/tmp/\(name)")
        }
        for name in directoryEntries(WireGuardEnd.socketFolder) where WireGuardEnd.isDead(socket: name) {
            unlink("\(WireGuardEnd.socketFolder)/\(name)")
            note(name, "\(WireGuardEnd.socketFolder)/\(name)")
        }
        return removed
    }

    /// Only programs of the dead run are in its namespace, which nobody else knew the name of.
    private static func endPrograms(inside name: String) {
        var namespace = stat()
        guard stat("\(Namespace.folder)/\(name)", &namespace) == 0 else { return }
        for process in directoryEntries("/proc").compactMap({ pid_t($0) }) {
            var other = stat()
            guard stat("/proc/\(process)/ns/net", &other) == 0, other.st_ino == namespace.st_ino,
                other.st_dev == namespace.st_dev
            else { continue }
            kill(process, SIGKILL)
        }
    }
}
