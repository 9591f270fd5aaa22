// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// What was emitted in one direction, and which of it has arrived.
struct Ledger {
    private var datagrams: [[UInt8]] = []
    private var hasArrived: [Bool] = []
    /// Emitted and not arrived yet.
    private(set) var missing = 0

    /// Emitted in all.
    var count: Int { datagrams.count }

    /// A new datagram that begins with its number. One too short for that is a fixed pattern, and which of them
    /// arrived is not followed.
    mutating func emit(size: Int) -> [UInt8] {
        guard size >= 4 else { return [UInt8](repeating: 7, count: size) }
        let number = UInt32(datagrams.count)
        let datagram = [UInt8](unsafeUninitializedCapacity: size) { bytes, count in
            memset(bytes.baseAddress!, Int32(number & 0xff), size)
            UnsafeMutableRawPointer(bytes.baseAddress!).storeBytes(of: number, as: UInt32.self)
            count = size
        }
        datagrams.append(datagram)
        hasArrived.append(false)
        missing += 1
        return datagram
    }

    /// Notes an arrival; false when nothing like it was emitted.
    mutating func arrive(_ datagram: [UInt8]) -> Bool {
        guard datagram.count >= 4 else { return datagram.allSatisfy { $0 == 7 } }
        let number = Int(datagram.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) })
        guard number < datagrams.count, datagrams[number].count == datagram.count else { return false }
        let isSame = datagram.withUnsafeBytes { arrived in
            datagrams[number].withUnsafeBytes { memcmp(arrived.baseAddress!, $0.baseAddress!, arrived.count) == 0 }
        }
        if isSame && !hasArrived[number] {
            hasArrived[number] = true
            missing -= 1
        }
        return isSame
    }
}
