// SPDX-License-Identifier: GPL-2.0-or-later

internal import Setup
internal import Sockets

/// Finds addresses in a text, without asking for a blank around them.
enum AddressScan {
    enum Kind {
        /// An address that tells nothing of anybody.
        case nobody
        case address(IPAddress)
        /// A hardware address, as digits in small letters.
        case hardware(String)
        /// A long number in hexadecimal digits, as a key or a machine's is.
        case identifier(String)
    }

    /// Returns what begins at an index, and where it ends; nil when nothing does.
    static func match(_ text: [UInt8], _ start: Int) -> (kind: Kind, end: Int)? {
        pairs(text, start) ?? v6(text, start) ?? v4(text, start) ?? digits(text, start)
    }

    /// Six pairs or more, as of Ethernet or InfiniBand.
    private static func pairs(_ text: [UInt8], _ start: Int) -> (kind: Kind, end: Int)? {
        if start > 0, Bytes.isHex(text[start - 1]) { return nil }
        func isPair(_ at: Int) -> Bool { at + 2 <= text.count && Bytes.isHex(text[at]) && Bytes.isHex(text[at + 1]) }
        guard isPair(start), start + 2 < text.count else { return nil }
        let separator = text[start + 2]
        guard separator == UInt8(ascii: ":") || separator == UInt8(ascii: "-") else { return nil }
        var end = start + 2
        while end < text.count, text[end] == separator, isPair(end + 1),
            !(end + 3 < text.count && Bytes.isHex(text[end + 3]))
        {
            end += 3
        }
        guard end - start >= 17 else { return nil }
        return (.hardware(hexDigits(text[start..<end])), end)
    }

    private static func v6(_ text: [UInt8], _ start: Int) -> (kind: Kind, end: Int)? {
        // A group has four digits at most.
        guard text[start...].prefix(5).contains(UInt8(ascii: ":")) else { return nil }
        var end = start
        while end < text.count, end - start < 45,
            Bytes.isHex(text[end]) || text[end] == UInt8(ascii: ":") || text[end] == UInt8(ascii: ".")
        {
            end += 1
        }
        while end - start >= 2 {
            if let address = IPAddress(String(decoding: text[start..<end], as: UTF8.self)), address.family == .v6 {
                let isGlued = start > 0 && Bytes.isWord(text[start - 1]) || end < text.count && Bytes.isWord(text[end])
                let bytes = address.bytes
                // Words as `std::array` look alike. An IPv4 address at the end is found on its own.
                if isGlued, bytes[0] & 0xe0 != 0x20, !isHardware(bytes) { return nil }
                return (isTelling(address) ? .address(address) : .nobody, end)
            }
            end -= 1
        }
        return nil
    }

    private static func v4(_ text: [UInt8], _ start: Int) -> (kind: Kind, end: Int)? {
        var at = start
        var octets: [UInt8] = []
        while octets.count < 4 {
            if !octets.isEmpty {
                guard at < text.count, text[at] == UInt8(ascii: ".") else { return nil }
                at += 1
            }
            var value = 0
            let first = at
            while at < text.count, at - first < 3, Bytes.isDigit(text[at]), value * 10 + Int(text[at] - 48) < 256 {
                value = value * 10 + Int(text[at] - 48)
                at += 1
            }
            guard at > first else { return nil }
            octets.append(UInt8(value))
        }
        guard let address = octets.withUnsafeBytes({ IPAddress(bytes: $0) }) else { return nil }
        return (isTelling(address) ? .address(address) : .nobody, at)
    }

    /// Twelve digits, as in `enx525400123456`, or 32 and more.
    private static func digits(_ text: [UInt8], _ start: Int) -> (kind: Kind, end: Int)? {
        if start > 0, Bytes.isHex(text[start - 1]) { return nil }
        var end = start
        while end < text.count, Bytes.isHex(text[end]) { end += 1 }
        let run = text[start..<end]
        if run.count >= 32 { return (.identifier(hexDigits(run)), end) }
        guard run.count == 12, !(end < text.count && Bytes.isWord(text[end])) else { return nil }
        let isNamed = start > 0 && Bytes.small(text[start - 1]) == UInt8(ascii: "x")
        guard isNamed || run.contains(where: { !Bytes.isDigit($0) }) else { return nil }
        return (.hardware(hexDigits(run)), end)
    }

    private static func hexDigits(_ text: ArraySlice<UInt8>) -> String {
        String(decoding: text.filter(Bytes.isHex).map(Bytes.small), as: UTF8.self)
    }

    private static func isTelling(_ address: IPAddress) -> Bool {
        let bytes = address.bytes
        // Masks, and what no machine has.
        if address.family == .v4, bytes[0] == 0 || bytes[0] >= 224 { return false }
        if isHardware(bytes) { return true }
        return !(address.isUnspecified || address.isMulticast || AddressText.isPrivate(address))
    }

    /// An IPv6 address with a hardware address in it (RFC 4291), or the group of those that share its end.
    private static func isHardware(_ bytes: [UInt8]) -> Bool {
        guard bytes.count == 16 else { return false }
        return bytes[11] == 0xff && bytes[12] == 0xfe || bytes[0] == 0xff && bytes[11] == 1 && bytes[12] == 0xff
    }
}
