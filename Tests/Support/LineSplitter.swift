// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// Cuts what a descriptor delivers into lines.
struct LineSplitter {
    private var pending: [UInt8] = []
    private var buffer = [UInt8](repeating: 0, count: 65_536)
    private var ended = false

    /// Blocks for the next bytes and returns the lines they complete; nil at the end. A last line without an end is
    /// returned as if it had one.
    mutating func next(_ descriptor: Int32) -> [String]? {
        if ended { return nil }
        let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        if count < 0 && errno == EINTR { return [] }
        if count <= 0 {
            ended = true
            return pending.isEmpty ? nil : [String(decoding: pending, as: UTF8.self)]
        }
        pending += buffer[..<count]
        var pieces = pending.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let rest = pieces.removeLast()
        let lines = pieces.map { String(decoding: $0, as: UTF8.self) }
        pending = Array(rest)
        return lines
    }
}
