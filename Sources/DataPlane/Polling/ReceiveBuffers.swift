// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Glibc
internal import Sockets

/// Receive buffers with an `mmsghdr` each, used in order within a batch.
struct ReceiveBuffers: ~Copyable {
    let messages: UnsafeMutablePointer<mmsghdr>
    private let slices: UnsafeMutablePointer<iovec>
    private let names: UnsafeMutablePointer<SocketAddress>
    private let ancillary: UnsafeMutableRawPointer
    private let payloads: UnsafeMutableRawPointer

    init() {
        let count = Limits.buffers
        messages = .allocate(capacity: count)
        slices = .allocate(capacity: count)
        names = .allocate(capacity: count)
        names.initialize(repeating: SocketAddress(), count: count)
        ancillary = .allocate(byteCount: count * Int(ENGARDE_ANCILLARY_IN), alignment: MemoryLayout<cmsghdr>.alignment)
        payloads = .allocate(byteCount: count * Limits.datagramBytes, alignment: 64)
        for index in 0..<count {
            (slices + index).initialize(
                to: iovec(iov_base: payloads + index * Limits.datagramBytes, iov_len: Limits.datagramBytes))
            (messages + index).initialize(to: mmsghdr())
            messages[index].msg_hdr.msg_iov = slices + index
            messages[index].msg_hdr.msg_iovlen = 1
            messages[index].msg_hdr.msg_name = UnsafeMutableRawPointer(names + index)
            messages[index].msg_hdr.msg_control = ancillary + index * Int(ENGARDE_ANCILLARY_IN)
        }
    }

    deinit {
        messages.deallocate()
        slices.deallocate()
        names.deallocate()
        ancillary.deallocate()
        payloads.deallocate()
    }

    /// Tells the kernel anew how much room each has, which a receive overwrites.
    @_noLocks
    func prepare(_ first: Int, count: Int) {
        for index in first..<first + count {
            messages[index].msg_hdr.msg_namelen = UInt32(MemoryLayout<SocketAddress>.size)
            messages[index].msg_hdr.msg_controllen = Int(ENGARDE_ANCILLARY_IN)
        }
    }

    @_noLocks
    func payload(_ index: Int) -> UnsafeMutableRawPointer { payloads + index * Limits.datagramBytes }
}
