// SPDX-License-Identifier: GPL-2.0-or-later

import Settings
import Glibc
import Sockets
import Support
import Synchronization
import Testing

@testable import Control

@Suite struct ListenSocketTests {
    private static func port() throws -> UInt16 {
        let socket = try UDPSocket.open(.v4)
        try socket.bind(to: SocketAddress(.anyV4, port: 0))
        return socket.localAddress.port
    }

    /// - Parameter expected: what comes is waited for; what should not come is given a tenth of a second.
    private static func hears(
        _ socket: borrowing UDPSocket, from text: String, expected: Bool
    ) throws -> Bool {
        let ip = try #require(IPAddress(text))
        let peer = try UDPSocket.open(ip.family)
        try peer.connect(to: SocketAddress(ip, port: socket.localAddress.port))
        _ = send(peer.descriptor, "x", 1, 0)
        var wanted = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
        _ = poll(&wanted, 1, expected ? Patience.milliseconds : 100)
        var byte: UInt8 = 0
        return recv(socket.descriptor, &byte, 1, Int32(truncatingIfNeeded: MSG_DONTWAIT)) == 1
    }

    @Test(
        "A wildcard takes both families, an address its own",
        arguments: [
            ("", true, true), ("::", true, true), ("0.0.0.0", true, true), ("127.0.0.1", true, false),
            ("::1", false, true),
        ])
    func families(host: String, v4: Bool, v6: Bool) throws {
        let socket = try ListenSocket.open(HostPort(host: host, port: try Self.port()))
        let hearsV4 = try Self.hears(socket, from: "127.0.0.1", expected: v4)
        let hearsV6 = try Self.hears(socket, from: "::1", expected: v6)
        #expect(hearsV4 == v4 && hearsV6 == v6)
    }

    @Test("A name of this machine will do")
    func name() throws {
        let socket = try ListenSocket.open(HostPort(host: "localhost", port: try Self.port()))
        #expect(socket.localAddress.isLoopback)
    }

    private static func refusal(_ address: HostPort) -> String? {
        do throws(StartRefusal) {
            _ = try ListenSocket.open(address)
            return nil
        } catch { return error.description }
    }

    @Test("An occupied port is refused with what to do about it")
    func occupied() throws {
        let other = try UDPSocket.open(.v4)
        try other.bind(to: SocketAddress(IPAddress("127.0.0.1")!, port: 0))
        let port = other.localAddress.port
        #expect(
            Self.refusal(HostPort(host: "127.0.0.1", port: port))
                == "cannot listen on 127.0.0.1:\(port): Address already in use; another program has this port, "
                + "find it with: ss -ulpn")
    }

    @Test("A port that is about to be free is waited for")
    func waits() throws {
        let other = try UDPSocket.open(.v4)
        try other.bind(to: SocketAddress(IPAddress("127.0.0.1")!, port: 0))
        let port = other.localAddress.port
        let box = Closing(other)
        let closer = ThreadBody {
            usleep(100_000)
            box.close()
        }
        #expect(closer.start() == nil)
        var refusal: String?
        // Where the closer gets no processor for longer than the port is waited for, it is waited for again.
        for _ in 0..<Int(Patience.seconds) {
            let wasClosed = box.isClosed
            refusal = Self.refusal(HostPort(host: "127.0.0.1", port: port))
            if refusal == nil || wasClosed { break }
        }
        #expect(refusal == nil)
    }

    private final class Closing: @unchecked Sendable {
        private let state = Mutex(false)
        private var socket: UDPSocket?
        var isClosed: Bool { state.withLock { $0 } }
        init(_ socket: consuming UDPSocket) { self.socket = consume socket }
        func close() {
            socket = nil
            state.withLock { $0 = true }
        }
    }

    @Test(
        "An address of another machine is refused with what to do about it",
        arguments: [
            (
                "192.0.2.1",
                "Cannot assign requested address; this machine does not have that address, see: ip address"
            ),
            ("no-such-host.invalid", "no address of this name is known here"),
        ])
    func elsewhere(host: String, reason: String) {
        #expect(
            Self.refusal(HostPort(host: host, port: 59_401)) == "cannot listen on \(host):59401: \(reason)")
    }

    @Test("A small receive buffer is told of, with the sysctl that makes it larger")
    func smallBuffer() throws {
        let kept = KeptLog()
        let socket = try UDPSocket.open(.v4)
        var asked: Int32 = 64 << 10
        setsockopt(socket.descriptor, SOL_SOCKET, SO_RCVBUF, &asked, socklen_t(MemoryLayout<Int32>.size))
        socket.tellSmallBuffer(kept.logger)
        #expect(
            kept.lines == [
                "warning: sockets have receive buffers of 64 KiB instead of 4096 KiB, so bursts may be lost: give the "
                    + "program CAP_NET_ADMIN, or set net.core.rmem_max=4194304 by sysctl"
            ])
    }

    @Test("A receive buffer of full size is not worth a word")
    func fullBuffer() throws {
        let kept = KeptLog()
        let socket = try UDPSocket.open(.v4)
        let isFull = socket.enlargeBuffers() == 2 * UDPSocket.bufferBytes
        socket.tellSmallBuffer(kept.logger)
        #expect(kept.lines.isEmpty == isFull)
    }
}
