// SPDX-License-Identifier: GPL-2.0-or-later

import CShims.Socket
import Glibc
import Sockets
import Testing

@Suite struct UDPSocketTests {
    private static func option(_ descriptor: Int32, _ level: Int32, _ option: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, level, option, &value, &length) == 0 ? value : nil
    }

    private static let ip = Int32(IPPROTO_IP), ipv6 = Int32(IPPROTO_IPV6), udp = Int32(IPPROTO_UDP)

    @Test("A new socket relays whole and says what was lost", arguments: [IPAddress.Family.v4, .v6])
    func opened(_ family: IPAddress.Family) throws {
        let socket = try UDPSocket.open(family)
        #expect(socket.family == family)
        #expect(Self.option(socket.descriptor, SOL_SOCKET, SO_TYPE) == Int32(SOCK_DGRAM.rawValue))
        #expect(Self.option(socket.descriptor, SOL_SOCKET, SO_DOMAIN) == (family == .v4 ? AF_INET : AF_INET6))
        #expect(Self.option(socket.descriptor, Self.udp, ENGARDE_UDP_GRO) == 1)
        #expect(Self.option(socket.descriptor, SOL_SOCKET, SO_RXQ_OVFL) == 1)
        #expect(Self.option(socket.descriptor, Self.ip, IP_MTU_DISCOVER) == IP_PMTUDISC_DONT)
        if family == .v6 {
            #expect(Self.option(socket.descriptor, Self.ipv6, IPV6_MTU_DISCOVER) == IPV6_PMTUDISC_DONT)
        }
        #expect(fcntl(socket.descriptor, F_GETFD) == FD_CLOEXEC)
        #expect(socket.localAddress.port == 0)
    }

    @Test("Buffers grow, to what the system allows")
    func buffers() throws {
        let socket = try UDPSocket.open(.v4)
        let before = Self.option(socket.descriptor, SOL_SOCKET, SO_RCVBUF)!
        let granted = socket.enlargeBuffers(send: UDPSocket.linkSendBytes)
        #expect(granted == Self.option(socket.descriptor, SOL_SOCKET, SO_RCVBUF))
        #expect(granted >= before)
        let send = Self.option(socket.descriptor, SOL_SOCKET, SO_SNDBUF)!
        if geteuid() == 0 {
            #expect(granted == 2 * UDPSocket.bufferBytes && send == 2 * UDPSocket.linkSendBytes)
        } else {
            print("full buffer sizes are not checked: not root")
        }
    }

    @Test("Each datagram tells where it was sent to")
    func destination() throws {
        let v4 = try UDPSocket.open(.v4)
        try v4.reportDestination()
        #expect(Self.option(v4.descriptor, Self.ip, 8 /* IP_PKTINFO */) == 1)
        let v6 = try UDPSocket.open(.v6)
        try v6.reportDestination()
        #expect(Self.option(v6.descriptor, Self.ipv6, 49 /* IPV6_RECVPKTINFO */) == 1)
    }

    @Test("An IPv6 wildcard takes both families when asked to")
    func both() throws {
        let socket = try UDPSocket.open(.v6)
        try socket.acceptBothFamilies()
        #expect(Self.option(socket.descriptor, Self.ipv6, IPV6_V6ONLY) == 0)
        try socket.bind(to: SocketAddress(.anyV6, port: 0))
        let peer = try UDPSocket.open(.v4)
        try peer.connect(to: SocketAddress(IPAddress("127.0.0.1")!, port: socket.localAddress.port))
        #expect(send(peer.descriptor, "x", 1, 0) == 1)
        var byte: UInt8 = 0
        #expect(recv(socket.descriptor, &byte, 1, Int32(truncatingIfNeeded: MSG_DONTWAIT)) == 1)
    }

    @Test("A connected socket hears its peer only, and keeps its port for another")
    func connected() throws {
        let any = SocketAddress(IPAddress("127.0.0.1")!, port: 0)
        let socket = try UDPSocket.open(.v4)
        try socket.bind(to: any)
        let local = socket.localAddress
        #expect(local.ip == any.ip && local.port != 0)
        func hears(_ peer: borrowing UDPSocket) throws -> Bool {
            try peer.connect(to: local)
            // Two: the first may only report the refusal of one before.
            for _ in 0..<2 { _ = send(peer.descriptor, "x", 1, 0) }
            var byte: UInt8 = 0
            var count = 0
            while recv(socket.descriptor, &byte, 1, Int32(truncatingIfNeeded: MSG_DONTWAIT)) == 1 {
                count += 1
            }
            return count > 0
        }
        let first = try UDPSocket.open(.v4)
        try first.bind(to: any)
        let second = try UDPSocket.open(.v4)
        try second.bind(to: any)
        try socket.connect(to: first.localAddress)
        let firstIsHeard = try hears(first)
        let strangerIsHeard = try hears(second)
        #expect(firstIsHeard && !strangerIsHeard)
        try socket.connect(to: second.localAddress)
        let secondIsHeard = try hears(second)
        #expect(secondIsHeard && socket.localAddress == local)
    }

    @Test("Refusals are thrown with what the kernel said")
    func refusals() throws {
        let first = try UDPSocket.open(.v4)
        try first.bind(to: SocketAddress(IPAddress("127.0.0.1")!, port: 0))
        let second = try UDPSocket.open(.v4)
        #expect(throws: Errno(EADDRINUSE)) { try second.bind(to: first.localAddress) }
        #expect(throws: Errno(EADDRNOTAVAIL)) {
            try second.bind(to: SocketAddress(IPAddress("192.0.2.1")!, port: 0))
        }
        #expect(Errno(ENODEV).description == "No such device")
        #expect(throws: Errno(EPERM)) { try checked(-EPERM) }
        #expect((try? checked(7)) == 7)
    }

    @Test("It is closed with its last use")
    func closed() throws {
        var number: Int32 = -1
        var port = SocketAddress()
        do {
            let socket = try UDPSocket.open(.v4)
            try socket.bind(to: SocketAddress(IPAddress("127.0.0.1")!, port: 0))
            number = socket.descriptor
            port = socket.localAddress
        }
        #expect(number >= 0)
        let next = try UDPSocket.open(.v4)
        try next.bind(to: port)  // the port is free again
    }

    @Test("An event is a counter that wakes")
    func event() throws {
        let event = try FileDescriptor.event()
        event.signal()
        event.signal()
        var value: UInt64 = 0
        #expect(read(event.rawValue, &value, 8) == 8 && value == 2)
    }
}
