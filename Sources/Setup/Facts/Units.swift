// SPDX-License-Identifier: GPL-2.0-or-later

public import Host

/// The units of systemd's that this machine has.
public enum Units {
    private static let folders = ["/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib"].map { "\($0)/systemd/system" }

    /// Looks at the files: systemd itself gives no answer while it reads them anew.
    ///
    /// - Parameter name: the unit's, which may be an instance of a template: `wg-quick@wg0.service`.
    public static func exists(_ host: Host, _ name: String) -> Bool {
        var files = [name]
        if let at = name.firstIndex(of: "@"), let dot = name.lastIndex(of: "."), at < dot {
            files.append(String(name[...at] + name[dot...]))
        }
        return files.contains { file in folders.contains { host.files.exists("\($0)/\(file)") } }
    }
}
