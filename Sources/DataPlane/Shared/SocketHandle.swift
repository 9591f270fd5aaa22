// SPDX-License-Identifier: GPL-2.0-or-later

/// A socket as the data plane knows it: a slot, and which tenant of that slot is meant.
///
/// The generation keeps a late completion or command for a closed socket from reaching its successor.
public struct SocketHandle: Hashable, Sendable, BitwiseCopyable {
    /// Below ``Limits/socketSlots``.
    public let slot: UInt16
    public let generation: UInt16

    @_noLocks
    public init(slot: UInt16, generation: UInt16) {
        self.slot = slot
        self.generation = generation
    }

    @_noLocks
    public static func == (a: SocketHandle, b: SocketHandle) -> Bool {
        a.slot == b.slot && a.generation == b.generation
    }
}
