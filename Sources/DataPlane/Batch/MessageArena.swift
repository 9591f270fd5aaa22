// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Glibc
internal import Sockets

/// `msghdr`s for one submission, with the ancillary data and single slices they point to.
///
/// A message is valid until ``clear()``; the departure and the run it was made from must stay put as long.
@safe
struct MessageArena: ~Copyable {
    let capacity: Int

    /// `mmsghdr` serves both engines: the ring uses its first field.
    let messages: UnsafeMutablePointer<mmsghdr>
    private let slices: UnsafeMutablePointer<iovec>
    private let ancillary: UnsafeMutableRawPointer
    private(set) var count = 0

    init(capacity: Int) {
        self.capacity = capacity
        unsafe messages = .allocate(capacity: capacity)
        unsafe messages.initialize(repeating: mmsghdr(), count: capacity)
        unsafe slices = .allocate(capacity: capacity)
        unsafe slices.initialize(repeating: iovec(), count: capacity)
        unsafe ancillary = .allocate(
            byteCount: capacity * Int(ENGARDE_ANCILLARY_OUT), alignment: MemoryLayout<cmsghdr>.alignment)
    }

    deinit {
        unsafe messages.deallocate()
        unsafe slices.deallocate()
        unsafe ancillary.deallocate()
    }

    var isFull: Bool { @_noLocks get { count == capacity } }

    @_noLocks
    mutating func clear() { count = 0 }

    /// The whole run in one message, segmented by the kernel if it has more than one segment.
    @_noLocks
    mutating func append(
        _ departure: UnsafeMutablePointer<Departure>, _ run: UnsafeMutablePointer<Run>
    ) -> UnsafeMutablePointer<mmsghdr> {
        let segmentSize = unsafe run.pointee.segmentCount > 1 ? UInt16(truncatingIfNeeded: run.pointee.segmentSize) : 0
        return unsafe append(departure, run.pointee.slices, run.pointee.sliceCount, segmentSize)
    }

    /// One segment of the run in a message of its own.
    @_noLocks
    mutating func append(
        _ departure: UnsafeMutablePointer<Departure>, _ run: UnsafeMutablePointer<Run>, segment: Int
    ) -> UnsafeMutablePointer<mmsghdr> {
        let slice = unsafe slices + count
        unsafe slice.pointee = unsafe run.pointee.segment(segment)
        return unsafe append(departure, slice, 1, 0)
    }

    @_noLocks
    private mutating func append(
        _ departure: UnsafeMutablePointer<Departure>, _ slices: UnsafeMutablePointer<iovec>, _ sliceCount: Int,
        _ segmentSize: UInt16
    ) -> UnsafeMutablePointer<mmsghdr> {
        precondition(!isFull)
        let message = unsafe messages + count
        let control = unsafe ancillary + count * Int(ENGARDE_ANCILLARY_OUT)
        count += 1
        let destination = unsafe departure.pointee.destination
        let nameLength = destination.kernelFamily == 0 ? 0 : destination.kernelLength
        unsafe message.pointee.msg_hdr.msg_name = nameLength == 0 ? nil : UnsafeMutableRawPointer(departure)
        unsafe message.pointee.msg_hdr.msg_namelen = nameLength
        unsafe message.pointee.msg_hdr.msg_iov = unsafe slices
        unsafe message.pointee.msg_hdr.msg_iovlen = sliceCount
        let controlLength = unsafe engarde_write_ancillary(control, segmentSize, &departure.pointee.local)
        unsafe message.pointee.msg_hdr.msg_control = unsafe controlLength == 0 ? nil : control
        unsafe message.pointee.msg_hdr.msg_controllen = controlLength
        return unsafe message
    }
}
