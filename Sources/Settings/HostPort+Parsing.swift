// SPDX-License-Identifier: GPL-2.0-or-later

internal import Sockets

extension HostPort {
    /// What an address is for, which decides whether it may leave its host out.
    enum Role {
        /// `:port` listens on every address.
        case listening
        case destination

        var example: String {
            switch self {
            case .listening: "host:port such as 127.0.0.1:59401 or [::1]:59401"
            case .destination: "host:port such as 192.0.2.1:59501, [2001:db8::1]:59501 or vpn.example:59501"
            }
        }
    }

    /// Why a text is no address: what is wanted instead, ready to follow that word.
    struct Fault: Error {
        var wanted: String
    }

    init(parsing text: String, role: Role) throws(Fault) {
        let (host, port) = try Self.split(text, role: role)
        guard let number = Self.port(port) else {
            throw Fault(wanted: "a port from 1 to 65535 after the host")
        }
        if host.isEmpty, role == .destination {
            throw Fault(wanted: "a host before the port, as in 192.0.2.1:\(number) or vpn.example:\(number)")
        }
        self.init(host: host, port: number)
    }

    private static func split(_ text: String, role: Role) throws(Fault) -> (host: String, port: Substring) {
        guard let colon = text.lastIndex(of: ":") else { throw Fault(wanted: role.example) }
        let before = text[..<colon]
        let port = text[text.index(after: colon)...]
        if before.hasPrefix("[") {
            guard before.hasSuffix("]"), isIPv6(before.dropFirst().dropLast()) else {
                throw Fault(
                    wanted: "an IPv6 address in the brackets and a port behind them, as in [::1]:59401")
            }
            return (String(before.dropFirst().dropLast()), port)
        }
        guard !before.contains(":") else {
            throw Fault(wanted: "brackets around an IPv6 address, as in [::1]:59401")
        }
        guard !text.unicodeScalars.contains(where: \.isBlank) else {
            throw Fault(wanted: "\(role.example), without blanks and invisible characters")
        }
        guard before.isEmpty || isIPv4(before) || isName(before) else { throw Fault(wanted: role.example) }
        return (String(before), port)
    }

    private static func port(_ text: Substring) -> UInt16? {
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = UInt16(text), number > 0
        else { return nil }
        return number
    }

    /// An IPv6 address, with its zone if it has one: `fe80::1%eth0`.
    private static func isIPv6(_ text: Substring) -> Bool {
        let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        guard isPrintableWord(text), IPAddress(parts[0])?.family == .v6 else { return false }
        return parts.count == 1 || (!parts[1].isEmpty && !parts[1].contains("%"))
    }

    private static func isIPv4(_ text: Substring) -> Bool {
        isPrintableWord(text) && IPAddress(text)?.family == .v4
    }

    /// Loosely a host name: what DNS could carry, underscores and bytes beyond ASCII included. One of digits
    /// and dots alone is a mistyped address, and resolvers disagree about what `10.1` is.
    private static func isName(_ text: Substring) -> Bool {
        let text = text.hasSuffix(".") ? text.dropLast() : text
        guard text.utf8.count <= 253, !text.utf8.allSatisfy({ $0 == 0x2e || (0x30...0x39).contains($0) })
        else {
            return false
        }
        return text.utf8.split(separator: 0x2e, omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.count) && label.first != UInt8(ascii: "-")
                && label.last != UInt8(ascii: "-")
                && label.allSatisfy { byte in
                    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte & 0xdf)
                        || byte == UInt8(ascii: "-")
                        || byte == UInt8(ascii: "_") || byte >= 0x80
                }
        }
    }

    /// ASCII without blanks. `inet_pton` reads up to the first zero byte, which YAML can write.
    private static func isPrintableWord(_ text: Substring) -> Bool {
        text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
    }
}
