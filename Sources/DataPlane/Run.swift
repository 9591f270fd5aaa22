// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket

/// Consecutive datagrams of equal size for the same targets, to leave in one GSO send; the last may be shorter.
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
    /// Segments it may have: those the kernel takes in one send of this size.
    let segmentsMax: Int
    /// No further segment may join: the last one is shorter than the others, or a limit is reached.
    var isFull: Bool

    /// - Parameters:
    ///   - slices: where its slices lie, with room for those to come.
    ///   - segmentLimit: how many segments the kernel takes.
    @_noLocks
    init(first: iovec, at slices: UnsafeMutablePointer<iovec>, _ segmentLimit: SegmentLimit) {
        unsafe slices.pointee = unsafe first
        unsafe self.slices = unsafe slices
        sliceCount = 1
        segmentSize = unsafe first.iov_len
        segmentCount = 1
        bytes = unsafe first.iov_len
        segmentsMax = segmentLimit.segments(ofBytes: segmentSize)
        // GSO cannot express an empty segment.
        isFull = segmentsMax <= 1
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
        isFull = length < segmentSize || segmentCount == segmentsMax
        return true
    }

    /// Returns the bytes of one segment, for a send without GSO.
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
