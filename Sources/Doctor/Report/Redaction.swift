// SPDX-License-Identifier: GPL-2.0-or-later

internal import Setup
internal import Sockets

/// Replaces what nobody else shall see in a report: keys, passwords, public addresses, hardware addresses and names.
/// The same one is always replaced by the same word, so that a reader can still tell which is which.
///
/// A secret is found wherever it stands, whatever is glued to it.
public struct Redaction {
    private var words: [String: String] = [:]
    private var counts: [String: Int] = [:]
    /// In small letters, the longest first.
    private let names: [[UInt8]]
    private let hosts: [[UInt8]]

    /// - Parameters:
    ///   - names: texts to replace wherever they stand, in letters of any size.
    ///   - hosts: names of this machine, to replace where they stand as a word.
    public init(names: [String], hosts: [String] = []) {
        func sorted(_ names: [String]) -> [[UInt8]] {
            names.filter { !$0.isEmpty }.map { $0.utf8.map(Bytes.small) }.sorted { $0.count > $1.count }
        }
        self.names = sorted(names)
        self.hosts = sorted(hosts.filter { $0 != "localhost" })
    }

    public mutating func redacted(_ text: String) -> String { redacted(PasswordCover.covered(Array(text.utf8))) }

    /// Returns the text of a configuration file, in which a password may have several lines.
    public mutating func redacted(configuration text: String) -> String {
        redacted(withoutHosts(PasswordCover.coveredInYAML(Array(text.utf8))))
    }

    private mutating func redacted(_ text: [UInt8]) -> String {
        var text = withoutKeys(text)
        for name in names { text = without(name, text, asWord: false) }
        for host in hosts { text = without(host, text, asWord: true) }
        return String(decoding: withoutAddresses(text), as: UTF8.self)
    }

    private mutating func word(_ kind: String, _ secret: String) -> [UInt8] {
        if let known = words[secret] { return Array(known.utf8) }
        counts[kind, default: 0] += 1
        let word = "\(kind)-\(counts[kind]!)"
        words[secret] = word
        return Array(word.utf8)
    }

    /// Replaces keys of WireGuard's: 43 characters of base64 and the `=` that ends them.
    private mutating func withoutKeys(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var done = 0
        for end in text.indices where text[end] == UInt8(ascii: "=") {
            guard let start = Bytes.startOfKey(text, before: end, after: done) else { continue }
            result += text[done..<start]
            // JSON may put a backslash before a slash.
            let key = text[start...end].filter { $0 != UInt8(ascii: "\\") }
            result += word("key", String(decoding: key, as: UTF8.self))
            done = end + 1
        }
        return result + text[done...]
    }

    private mutating func without(_ name: [UInt8], _ text: [UInt8], asWord: Bool) -> [UInt8] {
        guard text.count >= name.count else { return text }
        var result: [UInt8] = []
        var at = 0
        while at < text.count {
            let end = at + name.count
            if end <= text.count, text[at..<end].lazy.map(Bytes.small).elementsEqual(name),
                !asWord || !(at > 0 && Bytes.isWord(text[at - 1]) || end < text.count && Bytes.isWord(text[end]))
            {
                result += word("name", String(decoding: name, as: UTF8.self))
                at = end
            } else {
                result.append(text[at])
                at += 1
            }
        }
        return result
    }

    /// Replaces what stands before a port in a configuration: of a file that is refused no names are known.
    private mutating func withoutHosts(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var done = 0
        for colon in text.indices
        where text[colon] == UInt8(ascii: ":") && colon + 1 < text.count && Bytes.isDigit(text[colon + 1]) {
            var start = colon
            while start > done, Bytes.isWord(text[start - 1]) || "-._".utf8.contains(text[start - 1]) { start -= 1 }
            let host = text[start..<colon]
            guard host.contains(where: { Bytes.isWord($0) && !Bytes.isDigit($0) }),
                !(start > 0 && text[start - 1] == UInt8(ascii: ":")),
                !host.elementsEqual("localhost".utf8), !host.allSatisfy(Bytes.isHex)
            else { continue }
            result += text[done..<start] + word("name", String(decoding: host.map(Bytes.small), as: UTF8.self))
            done = colon
        }
        return result + text[done...]
    }

    private mutating func withoutAddresses(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var at = 0
        while at < text.count {
            guard Bytes.isHex(text[at]) || text[at] == UInt8(ascii: ":"), let found = AddressScan.match(text, at) else {
                result.append(text[at])
                at += 1
                continue
            }
            switch found.kind {
            case .nobody: result += text[at..<found.end]
            case .address(let address):
                result += word(AddressText.isPrivate(address) ? "local" : "public", address.description)
            case .hardware(let digits): result += word("mac", digits)
            case .identifier(let digits): result += word("key", digits)
            }
            at = found.end
        }
        return result
    }
}
