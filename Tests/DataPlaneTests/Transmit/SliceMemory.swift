// SPDX-License-Identifier: GPL-2.0-or-later

import CShims.Socket
import Glibc

/// Received bytes to cut slices from. Every byte differs from its neighbours, so that a slice shows where it is from.
final class SliceMemory {
    let base: UnsafeMutableRawPointer
    let capacity: Int

    init(_ capacity: Int) {
        self.capacity = capacity
        base = .allocate(byteCount: capacity, alignment: 16)
        for index in 0..<capacity {
            base.storeBytes(of: Self.byte(index), toByteOffset: index, as: UInt8.self)
        }
    }

    deinit { base.deallocate() }

    private static func byte(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: index &* 7 &+ index >> 8) }

    func slice(_ offset: Int, _ length: Int) -> iovec {
        precondition(offset + length <= capacity)
        return iovec(iov_base: base + offset, iov_len: length)
    }
}

/// The bytes a slice views.
func bytes(_ slice: iovec) -> [UInt8] {
    Array(UnsafeRawBufferPointer(start: slice.iov_base, count: slice.iov_len))
}
