// SPDX-License-Identifier: GPL-2.0-or-later

import WireGuardWire

/// What ``Message`` must say, taken from WireGuard's table of messages line by line, with no thought for speed.
struct SlowMessage: Hashable, CustomStringConvertible {
    var kind = Message.Kind.foreign
    var sender: UInt32 = 0
    var receiver: UInt32 = 0
    var counter: UInt64 = 0

    init(_ message: Message) {
        (kind, sender, receiver, counter) = (message.kind, message.sender, message.receiver, message.counter)
    }

    init(_ bytes: [UInt8]) {
        func number(_ place: Range<Int>) -> UInt64 { bytes[place].reversed().reduce(0) { $0 * 256 + UInt64($1) } }

        guard bytes.count >= 4, bytes[1...3] == [0, 0, 0] else { return }
        if bytes[0] == 1, bytes.count == 148 {
            kind = .initiation
            sender = UInt32(number(4..<8))
        }
        if bytes[0] == 2, bytes.count == 92 {
            kind = .response
            sender = UInt32(number(4..<8))
            receiver = UInt32(number(8..<12))
        }
        if bytes[0] == 3, bytes.count == 64 {
            kind = .cookieReply
            receiver = UInt32(number(4..<8))
        }
        if bytes[0] == 4, bytes.count >= 32 {
            kind = .data
            receiver = UInt32(number(4..<8))
            counter = number(8..<16)
        }
    }

    var description: String { "\(kind) \(sender) \(receiver) \(counter)" }
}
