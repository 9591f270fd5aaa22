// SPDX-License-Identifier: GPL-2.0-or-later

/// Returns the BLAKE2s digest of 32 bytes of a message as 64 hexadecimal digits.
public func hexDigest(of message: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    let bytes = BLAKE2s(digestLength: 32).digest(of: message).bytes
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
