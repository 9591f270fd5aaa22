// SPDX-License-Identifier: GPL-2.0-or-later

public import Sockets

/// Texts and kinds of addresses.
public enum AddressText {
    /// Returns the block an address with a length lies in: of `10.77.0.2/24` it is `10.77.0.0/24`.
    static func network(_ text: String) -> String? { AddressPrefix(text)?.description }

    /// Returns whether an address reaches nobody outside its own network: the private, shared and link-local blocks.
    public static func isPrivate(_ address: IPAddress) -> Bool {
        let blocks = [
            "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8",
            "fc00::/7",
            "fe80::/10", "::1/128",
        ]
        return blocks.contains { AddressPrefix($0)!.contains(address) }
    }
}
