// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Glibc
internal import Sockets

/// The segments one GSO send may carry (`UDP_SEGMENT`), as the kernel in use has it.
///
/// `UDP_MAX_SEGMENTS` is 64 before Linux 6.9, 128 since. Older kernels measure the packet *with* its IP and UDP headers
/// against 64 segments (udp_send_skb() in net/ipv4/udp.c), so that 64 full ones are refused, and of small segments more
/// than one has to go. What is coalesced on receive (`UDP_GRO`) has 64 segments at most (UDP_GRO_CNT_MAX).
struct SegmentLimit: BitwiseCopyable, Hashable {
    /// Bytes of headers that count; 0 where none do.
    let headerBytes: Int

    @_noLocks
    init(headerBytes: Int = 0) { self.headerBytes = headerBytes }

    /// Returns the segments of this size that one send may carry; at least 1.
    @_noLocks
    func segments(ofBytes bytes: Int) -> Int {
        if bytes == 0 { return 1 }
        return headerBytes == 0
            ? Limits.segmentsPerRun : max(1, Limits.segmentsPerRun - (headerBytes + bytes - 1) / bytes)
    }

    /// The headers of IPv6 and UDP.
    private static let largestHeaderBytes = 48

    /// Finds out what the kernel takes: sends 64 segments of one byte from one loopback socket to another.
    ///
    /// Where that cannot be tried the cautious limit is returned.
    static func probe() -> SegmentLimit {
        let cautious = SegmentLimit(headerBytes: largestHeaderBytes)
        do throws(Errno) {
            let sender = try UDPSocket.open(.v4)
            let receiver = try UDPSocket.open(.v4)
            try receiver.bind(to: SocketAddress(IPAddress("127.0.0.1")!, port: 0))
            try sender.connect(to: receiver.localAddress)
            return takes(sender.descriptor, segments: Limits.segmentsPerRun, bytes: 1) ? SegmentLimit() : cautious
        } catch { return cautious }
    }

    private static func takes(_ descriptor: Int32, segments: Int, bytes: Int) -> Bool {
        let payload = UnsafeMutableRawPointer.allocate(byteCount: segments * bytes, alignment: 1)
        let slice = UnsafeMutablePointer<iovec>.allocate(capacity: 1)
        let control = UnsafeMutableRawPointer.allocate(
            byteCount: Int(ENGARDE_ANCILLARY_OUT), alignment: MemoryLayout<cmsghdr>.alignment)
        defer {
            unsafe payload.deallocate()
            unsafe slice.deallocate()
            unsafe control.deallocate()
        }
        unsafe payload.initializeMemory(as: UInt8.self, repeating: 0, count: segments * bytes)
        unsafe slice.initialize(to: unsafe iovec(iov_base: payload, iov_len: segments * bytes))
        var local = engarde_packet_info()
        var message = unsafe mmsghdr()
        unsafe message.msg_hdr.msg_iov = unsafe slice
        unsafe message.msg_hdr.msg_iovlen = 1
        unsafe message.msg_hdr.msg_control = unsafe control
        unsafe message.msg_hdr.msg_controllen = unsafe engarde_write_ancillary(control, UInt16(bytes), &local)
        return unsafe engarde_sendmmsg(descriptor, &message, 1) == 1
    }
}

/// Which targets segmentation offload works for: a link is judged by its socket, a path by itself.
///
/// A target loses it when the kernel, the device or the path's MTU refuses a segmented send. It is tried again after a
/// while, and after twice as long each time it is refused soon again: the device or the route may be another by then.
@safe
struct UDPOffload: ~Copyable {
    private struct Entry: BitwiseCopyable {
        /// When it may be tried again, monotonic nanoseconds; 0 while it has not been refused.
        var retryAt: Int64 = 0
        var waitNanoseconds: Int64 = 0
        /// The target's tenant this was found out with.
        var tenant: UInt16 = 0
        var isOff = false

        @_noLocks
        init() {}
    }

    /// The pause before the first further try, and the longest: one refused send a pause costs nothing that matters.
    static var retryNanoseconds: Int64 { @_noLocks get { 10_000_000_000 } }
    static var retryNanosecondsMax: Int64 { @_noLocks get { 640_000_000_000 } }

    private let entries: UnsafeMutablePointer<Entry>
    private let count: Int

    /// - Parameter paths: the server's paths at most; 0 on a client.
    init(paths: Int) {
        count = Limits.socketSlots + paths
        unsafe entries = .allocate(capacity: count)
        for index in 0..<count { unsafe (entries + index).initialize(to: Entry()) }
    }

    deinit { unsafe entries.deallocate() }

    /// Whether a send to a target may ask for segmentation, as found out so far.
    ///
    /// - Parameter isTriedAgain: set when it may from now on, after it was refused.
    @_noLocks
    mutating func isOn(_ target: TransmitTarget, now: Int64, isTriedAgain: inout Bool) -> Bool {
        let entry = unsafe entry(target)
        guard unsafe entry.pointee.isOff, unsafe entry.pointee.tenant == target.tenant else { return true }
        guard unsafe now >= entry.pointee.retryAt else { return false }
        unsafe entry.pointee.isOff = false
        isTriedAgain = true
        return true
    }

    /// Notes that a segmented send to a target was refused. Returns whether it was on until now.
    @_noLocks
    mutating func refuse(_ target: TransmitTarget, now: Int64) -> Bool {
        let entry = unsafe entry(target)
        let isSame = unsafe entry.pointee.tenant == target.tenant
        if unsafe entry.pointee.isOff, isSame { return false }
        var wait = Self.retryNanoseconds
        if isSame, unsafe entry.pointee.retryAt > 0, unsafe now - entry.pointee.retryAt < entry.pointee.waitNanoseconds {
            wait = unsafe min(entry.pointee.waitNanoseconds * 2, Self.retryNanosecondsMax)
        }
        unsafe entry.pointee.isOff = true
        unsafe entry.pointee.tenant = target.tenant
        unsafe entry.pointee.waitNanoseconds = wait
        unsafe entry.pointee.retryAt = now + wait
        return true
    }

    /// Forgets what was found out about a socket's predecessor in its slot.
    @_noLocks
    mutating func reset(slot: UInt16) { unsafe entry(TransmitTarget(slot: slot)).pointee = Entry() }

    @_noLocks
    private func entry(_ target: TransmitTarget) -> UnsafeMutablePointer<Entry> {
        precondition(target.index >= 0 && Int(target.index) < count)
        return unsafe entries + Int(target.index)
    }
}
