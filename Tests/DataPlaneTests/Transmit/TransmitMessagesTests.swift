// SPDX-License-Identifier: GPL-2.0-or-later

import CShims.Socket
import Glibc
import Sockets
import Testing

@testable import DataPlane

@Suite struct TransmitMessagesTests {
    static func local(_ text: String) -> engarde_packet_info {
        var info = engarde_packet_info()
        let address = SocketAddress(IPAddress(text)!, port: 0)
        info.family = UInt16(address.kernelFamily)
        withUnsafeMutableBytes(of: &info.address) { $0.copyBytes(from: IPAddress(text)!.bytes) }
        return info
    }

    static func bytes(_ info: engarde_packet_info) -> [UInt8] {
        withUnsafeBytes(of: info.address, Array.init)
    }

    private static let locals = ["", "192.0.2.7", "127.0.0.2", "2001:db8::7", "::ffff:192.0.2.7"]

    /// What the kernel would read on the way out, read with the decoder of the way in: the message types are the
    /// same but for the segment size, which goes out as UDP_SEGMENT and comes in as UDP_GRO.
    @Test("Ancillary data says what it was asked to say", arguments: locals, [UInt16(0), 1, 1_420, 65_000])
    func ancillary(local text: String, segmentSize: UInt16) {
        let control = UnsafeMutableRawPointer.allocate(byteCount: 128, alignment: 8)
        defer { control.deallocate() }
        memset(control, 0xaa, 128)
        var info = text.isEmpty ? engarde_packet_info() : Self.local(text)
        let length = engarde_write_ancillary(control, segmentSize, &info)
        #expect(length <= Int(ENGARDE_ANCILLARY_OUT))
        #expect((length == 0) == (text.isEmpty && segmentSize == 0))
        #expect(
            control.load(fromByteOffset: length, as: UInt8.self) == 0xaa, "nothing is written behind the end")
        if segmentSize > 0 {
            let header = control.load(as: cmsghdr.self)
            #expect(header.cmsg_level == Int32(IPPROTO_UDP) && header.cmsg_type == ENGARDE_UDP_SEGMENT)
            #expect(header.cmsg_len == MemoryLayout<cmsghdr>.size + 2)
            #expect(control.load(fromByteOffset: MemoryLayout<cmsghdr>.size, as: UInt16.self) == segmentSize)
        }
        let read = engarde_read_ancillary(control, length)
        #expect(read.local.family == info.family)
        // The kernel's struct for IPv4 has the source where a received one has the destination, 4 bytes before.
        if info.family == UInt16(AF_INET6) { #expect(Self.bytes(read.local) == Self.bytes(info)) }
        #expect(!read.has_kernel_drops && read.segment_size == 0)
    }

    @Test("Ancillary data of a received datagram is understood, unknown messages are passed over")
    func reading() {
        let control = UnsafeMutableRawPointer.allocate(byteCount: 256, alignment: 8)
        defer { control.deallocate() }
        var length = 0
        func add(_ level: Int32, _ type: Int32, _ data: [UInt8]) {
            var header = cmsghdr()
            header.cmsg_level = level
            header.cmsg_type = type
            header.cmsg_len = MemoryLayout<cmsghdr>.size + data.count
            control.storeBytes(of: header, toByteOffset: length, as: cmsghdr.self)
            (control + length + MemoryLayout<cmsghdr>.size).copyMemory(from: data, byteCount: data.count)
            length += (Int(header.cmsg_len) + 7) & ~7
        }
        #expect(engarde_read_ancillary(control, 0).local.family == 0)
        add(SOL_SOCKET, 9_999, [1, 2, 3])
        add(Int32(IPPROTO_UDP), ENGARDE_UDP_GRO, [0xb0, 0x04, 0, 0])
        // in_pktinfo: interface, the address routed by, the address in the header.
        add(Int32(IPPROTO_IP), 8, [3, 0, 0, 0, 10, 0, 0, 1, 192, 0, 2, 7])
        add(SOL_SOCKET, SO_RXQ_OVFL, [0x2a, 0, 0, 0])
        let v4 = engarde_read_ancillary(control, length)
        #expect(v4.segment_size == 1_200)
        #expect(v4.has_kernel_drops && v4.kernel_drops == 42)
        #expect(v4.local.family == UInt16(AF_INET) && v4.local.interface == 0)
        #expect(Array(Self.bytes(v4.local).prefix(4)) == [192, 0, 2, 7])

        // in6_pktinfo: address, interface; the interface counts for link-local addresses only.
        for (text, interface) in [("2001:db8::7", UInt32(0)), ("fe80::7", 3)] {
            length = 0
            add(Int32(IPPROTO_IPV6), 50, IPAddress(text)!.bytes + [3, 0, 0, 0])
            let v6 = engarde_read_ancillary(control, length)
            #expect(v6.local.family == UInt16(AF_INET6) && v6.local.interface == interface)
            #expect(Self.bytes(v6.local) == IPAddress(text)!.bytes)
        }
    }

    /// A queue with one run for one target, and the messages of it.
    private final class Scene {
        let counters = Counters()
        var queue = TransmitQueue()
        var messages: TransmitMessages

        init(_ segments: [iovec], _ transmit: (Int32) -> Transmit = { Transmit(run: $0, slot: 1) }) {
            messages = TransmitMessages(counters: counters, events: .unread, paths: nil)
            add(segments, transmit)
        }

        func add(_ segments: [iovec], _ transmit: (Int32) -> Transmit = { Transmit(run: $0, slot: 1) }) {
            let targets = TargetSet(group: 0, version: UInt32(queue.runCount))
            for segment in segments {
                if let run = queue.append(segment, to: targets) { queue.append(transmit(run)) }
            }
        }

        func append(_ transmit: Int = 0, now: Int64 = 1) -> Bool {
            messages.append(transmit, of: &queue, now: now)
        }

        func refuse(_ message: Int, _ errno: Int32, now: Int64 = 1) -> SendOutcome {
            messages.refuse(message, errno: errno, of: &queue, now: now)
        }

        func appendRetries() -> Bool { messages.appendRetries(of: &queue) }

        /// The messages' datagrams.
        func contents() -> [[UInt8]] {
            (0..<messages.count).map { number in
                let header = messages.headers[number].msg_hdr
                return (0..<header.msg_iovlen).flatMap { DataPlaneTests.bytes(header.msg_iov[$0]) }
            }
        }

        deinit { counters.deallocate() }
    }

    private let memory = SliceMemory(4_000)
    private var segments: [iovec] {
        [(0, 1_000), (1_000, 1_000), (2_500, 400)].map { memory.slice($0.0, $0.1) }
    }

    @Test("A run leaves as one message, and as one a segment when segmentation is refused")
    func messages() {
        let destination = SocketAddress(IPAddress("192.0.2.9")!, port: 4_000)
        let scene = Scene(segments) {
            Transmit(run: $0, slot: 1, to: destination, from: Self.local("192.0.2.7"))
        }
        #expect(scene.append())
        let whole = scene.messages.headers[0].msg_hdr
        #expect(scene.messages.count == 1 && whole.msg_iovlen == 2 && whole.msg_namelen == 16)
        #expect(SocketAddress(kernel: whole.msg_name!, length: 16) == destination)
        #expect(whole.msg_control.load(fromByteOffset: MemoryLayout<cmsghdr>.size, as: UInt16.self) == 1_000)
        #expect(whole.msg_controllen == 24 + 32)
        #expect(scene.refuse(0, EIO) == .split)
        scene.messages.clear()
        #expect(scene.appendRetries())
        #expect(scene.contents() == segments.map(DataPlaneTests.bytes))
        for number in 0..<3 {
            let single = scene.messages.headers[number].msg_hdr
            #expect(single.msg_iovlen == 1 && single.msg_controllen == 32, "no segment size, but the source")
        }
        #expect(scene.counters.value(.segmentationOff, slot: 1) == UInt64(EIO))
        scene.messages.clear()
        #expect(!scene.appendRetries() && scene.messages.count == 0)
    }

    @Test("A message without segmentation, destination and source has no name and no ancillary data")
    func plain() {
        let scene = Scene([memory.slice(0, 10)])
        #expect(scene.append())
        let header = scene.messages.headers[0].msg_hdr
        #expect(header.msg_name == nil && header.msg_namelen == 0)
        #expect(header.msg_control == nil && header.msg_controllen == 0)
    }

    @Test("A whole run that met an old error goes again whole, once; then it is lost")
    func again() {
        let scene = Scene(segments)
        #expect(scene.append())
        #expect(scene.refuse(0, ECONNREFUSED) == .again)
        scene.messages.clear()
        #expect(scene.appendRetries() && scene.messages.count == 1)
        #expect(scene.contents()[0].count == 2_400)
        #expect(scene.refuse(0, ECONNREFUSED) == .lost)
        scene.messages.clear()
        #expect(!scene.appendRetries())
        #expect(scene.counters.value(SendFailure.refused, slot: 1) == 3)
        #expect(scene.counters.value(.sentDatagrams, slot: 1) == 3, "counted when it was first tried")
    }

    @Test("One that goes again may still turn out not to be segmented")
    func againThenSplit() {
        let scene = Scene(segments)
        #expect(scene.append())
        #expect(scene.refuse(0, EHOSTUNREACH) == .again)
        scene.messages.clear()
        #expect(scene.appendRetries())
        #expect(scene.refuse(0, EMSGSIZE) == .split)
        scene.messages.clear()
        #expect(scene.appendRetries() && scene.messages.count == 3)
        #expect(scene.refuse(1, EMSGSIZE) == .lost)
        #expect(scene.counters.value(SendFailure.tooLong, slot: 1) == 1)
    }

    @Test("A target without segmentation gets single messages, and whole ones again after a while")
    func offload() {
        let scene = Scene(segments)
        scene.add(segments)
        #expect(scene.append() && scene.refuse(0, EINVAL) == .split)
        scene.messages.clear()
        #expect(scene.appendRetries())
        #expect(scene.append(1))
        #expect(scene.messages.count == 6, "single from now on")
        scene.messages.clear()
        let later = UDPOffload.retryNanoseconds + 1
        #expect(scene.append(1, now: later - 1))
        #expect(scene.messages.count == 3)
        scene.messages.clear()
        #expect(scene.append(1, now: later))
        #expect(scene.messages.count == 1 && scene.counters.value(.segmentationOff, slot: 1) == 0)
    }

    @Test("Messages end where their memory does, whole or single, and go on afterwards")
    func full() {
        let scene = Scene(segments)
        for _ in 1..<TransmitMessages.capacity { scene.queue.append(Transmit(run: 0, slot: 1)) }
        for transmit in 0..<TransmitMessages.capacity { #expect(scene.append(transmit)) }
        #expect(!scene.append(0))
        for message in 0..<TransmitMessages.capacity { _ = scene.refuse(message, EIO) }
        scene.messages.clear()
        var sent = 0
        while scene.appendRetries() {
            #expect(scene.messages.count > TransmitMessages.capacity - 3 || scene.messages.count % 3 == 0)
            sent += scene.messages.count
            scene.messages.clear()
        }
        #expect(sent == 3 * TransmitMessages.capacity)
        #expect(SendFailure.allCases.allSatisfy { scene.counters.value($0, slot: 1) == 0 })
    }
}
