// SPDX-License-Identifier: GPL-2.0-or-later

import Setup
import Sockets

/// The names and addresses by which clients reach this machine.
enum ServerAddress {
    static let wanted = "a public address or a name, without a port, as 203.0.113.7 or vpn.example"

    static func isValid(_ text: String) -> Bool {
        if let address = IPAddress(text) {
            return !address.isLoopback && !address.isUnspecified && !address.isLinkLocal
        }
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        let isName = labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { byte in
                    (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20) || byte == UInt8(ascii: "-")
                }
        }
        // Digits and dots alone are a mistyped address.
        return isName && text.contains { $0.isLetter } && text.utf8.count <= 253
    }

    /// The source address the kernel gives to what leaves for the internet; nil for a private one, behind which others
    /// stand that cannot be known from here.
    static func usual() -> String? {
        // Nothing is sent: to connect a socket asks the routing table only.
        for target in ["198.51.100.1", "2001:db8::1"] {
            guard let address = IPAddress(target), let own = source(to: SocketAddress(address, port: 9)) else {
                continue
            }
            if !AddressText.isPrivate(own) { return own.description }
        }
        return nil
    }

    private static func source(to destination: SocketAddress) -> IPAddress? {
        do throws(Errno) {
            let probe = try UDPSocket.open(destination.ip.family)
            try probe.connect(to: destination)
            return probe.localAddress.ip
        } catch {
            return nil
        }
    }
}

/// The name of a client.
enum ClientName {
    static let wanted = "1 to 32 letters, digits, dashes, dots and underscores, the first of them a letter or a digit"
}
