// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Glibc
internal import Sockets

/// Receive buffers with an `mmsghdr` each, used in order within a batch.
@safe
struct ReceiveBuffers: ~Copyable {
    let messages: UnsafeMutablePointer<mmsghdr>
    private let slices: UnsafeMutablePointer<iovec>
    private let names: UnsafeMutablePointer<SocketAddress>
    private let ancillary: UnsafeMutableRawPointer
    private let payloads: UnsafeMutableRawPointer

    init() {
        let count = Limits.buffers
        unsafe messages = .allocate(capacity: count)
        unsafe slices = .allocate(capacity: count)
        unsafe names = .allocate(capacity: count)
        unsafe names.initialize(repeating: SocketAddress(), count: count)
        unsafe ancillary = .allocate(
            byteCount: count * Int(ENGARDE_ANCILLARY_IN), alignment: MemoryLayout<cmsghdr>.alignment)
        unsafe payloads = .allocate(byteCount: count * Limits.datagramBytes, alignment: 64)
        for index in 0..<count {
            unsafe (slices + index).initialize(
                to: iovec(iov_base: payloads + index * Limits.datagramBytes, iov_len: Limits.datagramBytes))
            unsafe (messages + index).initialize(to: mmsghdr())
            unsafe messages[index].msg_hdr.msg_iov = unsafe slices + index
            unsafe messages[index].msg_hdr.msg_iovlen = 1
            unsafe messages[index].msg_hdr.msg_name = unsafe UnsafeMutableRawPointer(names + index)
            unsafe messages[index].msg_hdr.msg_control = unsafe ancillary + index * Int(ENGARDE_ANCILLARY_IN)
        }
    }

    deinit {
        unsafe messages.deallocate()
        unsafe slices.deallocate()
        unsafe names.deallocate()
        unsafe ancillary.deallocate()
        unsafe payloads.deallocate()
    }

    /// Tells the kernel anew how much room each has, which a receive overwrites.
    @_noLocks
    func prepare(_ first: Int, count: Int) {
        for index in first..<first + count {
            unsafe messages[index].msg_hdr.msg_namelen = UInt32(MemoryLayout<SocketAddress>.size)
            unsafe messages[index].msg_hdr.msg_controllen = Int(ENGARDE_ANCILLARY_IN)
        }
    }

    @_noLocks
    func payload(_ index: Int) -> UnsafeMutableRawPointer { unsafe payloads + index * Limits.datagramBytes }
}
