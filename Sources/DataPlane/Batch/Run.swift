// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket

/// Consecutive datagrams of equal size for one target, to leave in one GSO send; the last may be shorter.
///
/// The slices are views into receive buffers. Slice boundaries are segment boundaries, though a slice may hold
/// several segments that lie side by side.
@safe
struct Run: BitwiseCopyable {
    var slices: UnsafeMutablePointer<iovec>
    var sliceCount: Int
    /// Bytes of every segment but perhaps the last.
    var segmentSize: Int
    var segmentCount: Int
    /// Bytes in all.
    var bytes: Int
    /// No further segment may join: the last one is shorter than the others, or a limit is reached.
    var isFull: Bool

    @_noLocks
    init(first: iovec, at slices: UnsafeMutablePointer<iovec>) {
        unsafe slices.pointee = unsafe first
        unsafe self.slices = unsafe slices
        sliceCount = 1
        segmentSize = unsafe first.iov_len
        segmentCount = 1
        bytes = unsafe first.iov_len
        // GSO cannot express an empty segment.
        isFull = unsafe first.iov_len == 0
    }

    /// Adds a segment behind the others if it keeps the run sendable in one piece. The slice behind the last one
    /// must be free.
    @_noLocks
    mutating func append(_ segment: iovec) -> Bool {
        let length = unsafe segment.iov_len
        guard !isFull, length > 0, length <= segmentSize, bytes + length <= Limits.bytesPerRun else { return false }
        let last = unsafe slices + (sliceCount - 1)
        if unsafe last.pointee.iov_base + last.pointee.iov_len == segment.iov_base {
            unsafe last.pointee.iov_len += length
        } else {
            unsafe slices[sliceCount] = unsafe segment
            sliceCount += 1
        }
        segmentCount += 1
        bytes += length
        isFull = length < segmentSize || segmentCount == Limits.segmentsPerRun
        return true
    }

    /// The bytes of one segment, for a send that cannot use GSO.
    @_noLocks
    func segment(_ index: Int) -> iovec {
        var skip = index * segmentSize
        var slice = unsafe slices
        while unsafe skip >= slice.pointee.iov_len && slice.pointee.iov_len > 0 {
            unsafe skip -= slice.pointee.iov_len
            unsafe slice += 1
        }
        return unsafe iovec(
            iov_base: slice.pointee.iov_base + skip, iov_len: min(segmentSize, slice.pointee.iov_len - skip))
    }
}
