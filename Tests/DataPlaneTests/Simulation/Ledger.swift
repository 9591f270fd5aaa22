// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// What was emitted in one direction, and which of it has arrived.
struct Ledger {
    /// Datagrams are WireGuard data for this receiver; nil for datagrams of no known kind.
    let receiver: UInt32?
    private var datagrams: [[UInt8]] = []
    private var arrivals: [Int] = []
    /// Emitted and not arrived yet.
    private(set) var missing = 0

    init(receiver: UInt32? = nil) { self.receiver = receiver }

    /// Emitted in all.
    var count: Int { datagrams.count }

    /// A new datagram that begins with its number. One too short for that is a fixed pattern, and which of them
    /// arrived is not followed.
    mutating func emit(size: Int) -> [UInt8] {
        guard size >= 4 || receiver != nil else { return [UInt8](repeating: 7, count: size) }
        let number = UInt32(datagrams.count)
        let datagram =
            receiver.map { WireGuardDatagram.data($0, UInt64(number), size: max(32, size)) } ?? opaque(number, size)
        datagrams.append(datagram)
        arrivals.append(0)
        missing += 1
        return datagram
    }

    private func opaque(_ number: UInt32, _ size: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: size) { bytes, count in
            memset(bytes.baseAddress!, Int32(number & 0xff), size)
            UnsafeMutableRawPointer(bytes.baseAddress!).storeBytes(of: number, as: UInt32.self)
            count = size
        }
    }

    /// Notes an arrival. Returns which one of its datagram's it is, from 1; 0 when nothing like it was emitted.
    mutating func arrive(_ datagram: [UInt8]) -> Int {
        guard datagram.count >= 4 else { return datagram.allSatisfy { $0 == 7 } ? 1 : 0 }
        let offset = receiver == nil ? 0 : 8
        let number = Int(datagram.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self) })
        guard number < datagrams.count, datagrams[number].count == datagram.count else { return 0 }
        let isSame = datagram.withUnsafeBytes { arrived in
            datagrams[number].withUnsafeBytes { memcmp(arrived.baseAddress!, $0.baseAddress!, arrived.count) == 0 }
        }
        guard isSame else { return 0 }
        arrivals[number] += 1
        if arrivals[number] == 1 { missing -= 1 }
        return arrivals[number]
    }
}
