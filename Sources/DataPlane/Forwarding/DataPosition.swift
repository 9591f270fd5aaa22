// SPDX-License-Identifier: GPL-2.0-or-later

internal import WireGuardWire

/// A place in the sequence of a WireGuard session's data messages.
struct DataPosition: BitwiseCopyable {
    private var isSet = false
    private var receiver: UInt32 = 0
    private var counter: UInt64 = 0

    /// Before all data.
    @_noLocks
    init() {}

    @_noLocks
    init(receiver: UInt32, counter: UInt64) {
        isSet = true
        self.receiver = receiver
        self.counter = counter
    }

    /// Whether this comes after `other`. Another receiver index is another handshake's, and those whose indices are
    /// still known are taken as newer.
    @_noLocks
    func isNewer(than other: DataPosition) -> Bool {
        !other.isSet || receiver != other.receiver || counter > other.counter
    }

    /// Moves on to a data message if that is newer.
    @_noLocks
    mutating func advance(to message: Message) {
        guard case .data = message.kind else { return }
        let position = DataPosition(receiver: message.receiver, counter: message.counter)
        if position.isNewer(than: self) { self = position }
    }
}
