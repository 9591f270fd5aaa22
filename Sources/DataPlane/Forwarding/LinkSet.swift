// SPDX-License-Identifier: GPL-2.0-or-later

/// The sockets a client's datagram leaves by: those of the links that carry now.
@safe
struct LinkSet: ~Copyable {
    private let slots: UnsafeMutablePointer<UInt16>
    private(set) var count = 0

    init() { unsafe slots = .allocate(capacity: Limits.links) }

    deinit { unsafe slots.deallocate() }

    /// The slot of carrying link `index`, 0..<``count``.
    @_noLocks
    subscript(index: Int) -> UInt16 { @_noLocks get { unsafe slots[index] } }

    @_noLocks
    func contains(_ slot: UInt16) -> Bool { index(of: slot) >= 0 }

    /// Adds a link at the end; one that is there already, or one too many, changes nothing.
    @_noLocks
    mutating func insert(_ slot: UInt16) {
        guard count < Limits.links, !contains(slot) else { return }
        unsafe slots[count] = slot
        count += 1
    }

    /// Takes a link out; the order of the others stays.
    @_noLocks
    mutating func remove(_ slot: UInt16) {
        let found = index(of: slot)
        guard found >= 0 else { return }
        count -= 1
        var index = found
        while index < count {
            unsafe slots[index] = unsafe slots[index + 1]
            index += 1
        }
    }

    @_noLocks
    private func index(of slot: UInt16) -> Int {
        for index in 0..<count where unsafe slots[index] == slot { return index }
        return -1
    }
}
