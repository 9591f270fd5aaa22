// SPDX-License-Identifier: GPL-2.0-or-later

import CShims.Socket
import Glibc
import Sockets
import Testing

@testable import DataPlane

@Suite struct MessageArenaTests {
    static func local(_ text: String) -> engarde_packet_info {
        var info = engarde_packet_info()
        let address = SocketAddress(IPAddress(text)!, port: 0)
        info.family = UInt16(address.kernelFamily)
        withUnsafeMutableBytes(of: &info.address) { $0.copyBytes(from: IPAddress(text)!.bytes) }
        return info
    }

    static func bytes(_ info: engarde_packet_info) -> [UInt8] { withUnsafeBytes(of: info.address, Array.init) }

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
        #expect(control.load(fromByteOffset: length, as: UInt8.self) == 0xaa, "nothing is written behind the end")
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

    @Test("A run leaves as one message or as one a segment")
    func messages() {
        let memory = SliceMemory(4_000)
        let slices = UnsafeMutablePointer<iovec>.allocate(capacity: 8)
        let run = UnsafeMutablePointer<Run>.allocate(capacity: 1)
        let departure = UnsafeMutablePointer<Departure>.allocate(capacity: 1)
        defer {
            slices.deallocate()
            run.deallocate()
            departure.deallocate()
        }
        run.initialize(to: Run(first: memory.slice(0, 1_000), at: slices))
        for (offset, length) in [(1_000, 1_000), (2_500, 400)] {
            let joined = run.pointee.append(memory.slice(offset, length))
            #expect(joined)
        }
        let destination = SocketAddress(IPAddress("192.0.2.9")!, port: 4_000)
        departure.initialize(
            to: Departure(run: 0, slot: 1, path: 3, destination: destination, local: Self.local("192.0.2.7")))
        var arena = MessageArena(capacity: Limits.departures)
        let whole = arena.append(departure, run).pointee.msg_hdr
        #expect(whole.msg_iovlen == 2 && whole.msg_namelen == 16)
        #expect(SocketAddress(kernel: whole.msg_name!, length: 16) == destination)
        #expect(whole.msg_control.load(fromByteOffset: MemoryLayout<cmsghdr>.size, as: UInt16.self) == 1_000)
        #expect(whole.msg_controllen == 24 + 32)
        for (segment, slice) in [memory.slice(0, 1_000), memory.slice(1_000, 1_000), memory.slice(2_500, 400)]
            .enumerated()
        {
            let single = arena.append(departure, run, segment: segment).pointee.msg_hdr
            #expect(single.msg_iovlen == 1 && single.msg_controllen == 32, "no segment size, but the source")
            #expect(DataPlaneTests.bytes(single.msg_iov.pointee) == DataPlaneTests.bytes(slice))
        }
        #expect(arena.count == 4)

        departure.pointee = Departure(run: 0, slot: 1)
        let connected = arena.append(departure, run).pointee.msg_hdr
        #expect(connected.msg_name == nil && connected.msg_namelen == 0)
        arena.clear()
        while !arena.isFull { _ = arena.append(departure, run, segment: 0) }
        #expect(arena.count == Limits.departures)
        arena.clear()
        #expect(arena.count == 0)
    }

    @Test("A message without segmentation and source has no ancillary data")
    func plain() {
        let memory = SliceMemory(10)
        let slices = UnsafeMutablePointer<iovec>.allocate(capacity: 1)
        let run = UnsafeMutablePointer<Run>.allocate(capacity: 1)
        let departure = UnsafeMutablePointer<Departure>.allocate(capacity: 1)
        defer {
            slices.deallocate()
            run.deallocate()
            departure.deallocate()
        }
        run.initialize(to: Run(first: memory.slice(0, 10), at: slices))
        departure.initialize(to: Departure(run: 0, slot: 1))
        var arena = MessageArena(capacity: Limits.departures)
        let header = arena.append(departure, run).pointee.msg_hdr
        #expect(header.msg_control == nil && header.msg_controllen == 0)
    }
}
