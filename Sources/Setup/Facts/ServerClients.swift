// SPDX-License-Identifier: GPL-2.0-or-later

public import Host
public import Settings

/// The clients of this server, which has a bundle of each.
public enum ServerClients {
    private static let suffix = ".bundle"

    /// All of them, by name.
    public static func all(_ host: Host) throws -> [ClientBundle] {
        try host.files.names(in: Places.clients).filter { $0.hasSuffix(suffix) }.map { name in
            let path = "\(Places.clients)/\(name)"
            do {
                return try ClientBundle(text: try host.files.read(path) ?? "", file: path)
            } catch let refusal as BundleRefusal {
                let client = name.dropLast(suffix.count)
                throw SetupFailure("\(refusal); or delete that file, and then: engarde client add \(client)")
            }
        }
    }
}
