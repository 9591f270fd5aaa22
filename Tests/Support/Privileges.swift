// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// Whether a laboratory can be built here.
public enum Privileges {
    /// Everything a laboratory starts, with the Debian package that brings it.
    static let commands: [(name: String, package: String)] = [
        ("ip", "iproute2"), ("tc", "iproute2"), ("nft", "nftables"), ("ping", "iputils-ping"),
        ("wg", "wireguard-tools"), ("wireguard-go", "wireguard-go"), ("iperf3", "iperf3"),
    ]

    /// Why no laboratory can be built, in one line; nil when one can. Tried once, for real, and kept.
    public static let obstacle: String? = {
        var missing: [String] = []
        for command in commands where Environment.find(command.name) == nil && !missing.contains(command.package) {
            missing.append(command.package)
        }
        if !missing.isEmpty { return "not installed: \(missing.joined(separator: " ")) (make deps installs them)" }
        guard geteuid() == 0 else {
            return "network namespaces need root, or root in a user namespace of one's own"
        }
        guard access("/dev/net/tun", R_OK | W_OK) == 0 else { return "/dev/net/tun cannot be opened" }
        do {
            let laboratory = try Laboratory(links: 1)
            try laboratory.links[0].silentlyDrop()
            return nil
        } catch {
            return "network namespaces do not work here: \(error)"
        }
    }()
}
