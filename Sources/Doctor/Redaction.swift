// SPDX-License-Identifier: GPL-2.0-or-later

internal import Setup
internal import Sockets

/// Replaces what nobody else shall see in a report: keys, passwords, public addresses and names. The same one is always
/// replaced by the same word, so that a reader can still tell which is which.
public struct Redaction {
    private var words: [String: String] = [:]
    private let names: [String]

    /// - Parameter names: texts to replace wherever they stand.
    public init(names: [String]) { self.names = names.filter { !$0.isEmpty } }

    public mutating func redacted(_ text: String) -> String {
        var result = text.split(separator: "\n", omittingEmptySubsequences: false).map { line(String($0)) }
            .joined(separator: "\n")
        for name in names { result = result.replacing(name, with: word("name", name)) }
        return result
    }

    private mutating func word(_ kind: String, _ secret: String) -> String {
        if let known = words[secret] { return known }
        let word = "\(kind)-\(words.values.count { $0.hasPrefix("\(kind)-") } + 1)"
        words[secret] = word
        return word
    }

    private mutating func line(_ text: String) -> String {
        // A password may be anything: the rest of the line is it.
        for key in ["password:", "Password:"] {
            if let range = text.firstRange(of: key), text[range.upperBound...].contains(where: { !$0.isWhitespace }) {
                return text[..<range.upperBound] + " (password)"
            }
        }
        var result = ""
        var token = ""
        for character in text {
            if Self.isPart(character) {
                token.append(character)
            } else {
                result += replacement(token)
                result.append(character)
                token = ""
            }
        }
        return result + replacement(token)
    }

    /// What keys and addresses are made of.
    private static func isPart(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || "+/=.:".contains(character))
    }

    private mutating func replacement(_ token: String) -> String {
        if token.utf8.count == 44, token.hasSuffix("="), !token.contains(":"), !token.contains(".") {
            return word("key", token)
        }
        if let address = IPAddress(token) { return replacement(address, token) }
        // An IPv4 address with its port or its length.
        for separator in [":", "/"] as [Character] {
            guard let index = token.lastIndex(of: separator), let address = IPAddress(token[..<index]) else { continue }
            return replacement(address, String(token[..<index])) + token[index...]
        }
        let parts = token.split(separator: ":")
        if parts.count == 6, parts.allSatisfy({ $0.count == 2 && UInt8($0, radix: 16) != nil }) {
            return word("mac", token)
        }
        return token
    }

    private mutating func replacement(_ address: IPAddress, _ token: String) -> String {
        let isOfNobody = address.isUnspecified || address.isMulticast || AddressText.isPrivate(address)
        return isOfNobody ? token : word("public", token)
    }
}
