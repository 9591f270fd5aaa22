// SPDX-License-Identifier: GPL-2.0-or-later

/// A user name and a password for HTTP Basic authentication (RFC 7617).
struct Credentials: Sendable, Equatable {
    static let challenge = #"Basic realm="engarde""#

    /// The token after `Basic `, without padding. Comparing tokens avoids decoding untrusted input.
    private let token: [UInt8]

    init(username: String, password: String) {
        token = Self.base64("\(username):\(password)")
    }

    /// Returns true for the right credentials. The time it takes depends on the length of `authorization` only.
    ///
    /// - Parameter authorization: the value of the `Authorization` header.
    func match(_ authorization: String) -> Bool {
        let words = authorization.utf8.split(separator: UInt8(ascii: " "))
        guard words.count == 2, words[0].elementsEqual("basic".utf8, by: { $0 | 0x20 == $1 }) else { return false }
        var given = Array(words[1])
        while given.last == UInt8(ascii: "=") { given.removeLast() }
        var difference = given.count ^ token.count
        for index in given.indices { difference |= Int(given[index] ^ token[index % token.count]) }
        return difference == 0
    }

    /// Encodes as Base64 (RFC 4648) without padding.
    private static func base64(_ text: String) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var digits: [UInt8] = []
        var bits: UInt32 = 0
        var bitCount = 0
        for byte in text.utf8 {
            bits = bits << 8 | UInt32(byte)
            bitCount += 8
            while bitCount >= 6 {
                bitCount -= 6
                digits.append(alphabet[Int(bits >> UInt32(bitCount) & 63)])
            }
        }
        if bitCount > 0 { digits.append(alphabet[Int(bits << UInt32(6 - bitCount) & 63)]) }
        return digits
    }
}
