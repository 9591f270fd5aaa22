// SPDX-License-Identifier: GPL-2.0-or-later

import CShims.Socket
import Glibc
import Sockets
import Support
import Testing

@testable import DataPlane

/// Runs `body` with a client relay on loopback sockets:
///
///     WireGuard 127.0.0.1 ── listen ┤ relay ├ link 0 ── server 0
///                                           └ link n ── server n
func withClient(
    _ kind: EngineTests.Kind, links: Int, _ body: (inout LoopbackClient) throws -> Void
) throws {
    var client = try LoopbackClient(kind, links: links)
    try body(&client)
    client.stop()
}

struct LoopbackClient {
    let counters = Counters()
    private let mailbox: Mailbox
    private let wireGuard: Int32
    private var servers: [Int32]
    private let listen: Int32
    private let links: [Int32]
    private let step: (Int64?) -> Void
    private let scratch = UnsafeMutableRawPointer.allocate(byteCount: 65_536, alignment: 16)

    init(_ kind: EngineTests.Kind, links count: Int) throws {
        func bound(_ address: String = "127.0.0.1") throws -> Int32 {
            let socket = try UDPSocket.open(.v4)
            try socket.bind(to: SocketAddress(IPAddress(address)!, port: 0))
            socket.enlargeBuffers()
            return dup(socket.descriptor)
        }
        func connect(_ a: Int32, _ b: Int32) {
            withUnsafeBytes(of: Self.address(b)) { _ = engarde_connect(a, $0.baseAddress!, 16) }
        }
        mailbox = try Mailbox()
        wireGuard = try bound()
        listen = try bound()
        connect(wireGuard, listen)
        var servers: [Int32] = []
        var links: [Int32] = []
        for _ in 0..<count {
            // An address nobody else here uses, so that a port given up is still free when it is wanted back.
            let server = try bound("127.7.7.8")
            let link = try bound()
            connect(server, link)
            connect(link, server)
            servers.append(server)
            links.append(link)
        }
        self.servers = servers
        self.links = links

        step = try engineStep(kind, mailbox.reader, counters, .unread, board: nil, ClientRelay.opaque(counters))

        mailbox.post(.attach(SocketHandle(slot: 0, generation: 1), descriptor: listen, .listen))
        for (index, link) in links.enumerated() {
            let handle = SocketHandle(slot: UInt16(index + 1), generation: 1)
            mailbox.post(.attach(handle, descriptor: link, .link))
            mailbox.post(.carry(handle, true))
        }
        turn()
    }

    func turn(waitingAtMost nanoseconds: Int64 = 20_000_000) { step(nanoseconds) }

    /// Takes turns until `read` has something.
    func turns<Value>(until read: () -> Value?) -> Value? {
        var value: Value?
        let deadline = Monotonic.deadline(seconds: Patience.seconds)
        while value == nil, Monotonic.nanoseconds < deadline {
            turn()
            value = read()
        }
        return value
    }

    func stop() {
        step(nil)
        for descriptor in [wireGuard, listen] + servers + links { close(descriptor) }
        scratch.deallocate()
    }

    func sendFromWireGuard(_ bytes: [UInt8]) { #expect(send(wireGuard, bytes, bytes.count, 0) == bytes.count) }
    func sendFromWireGuardUncounted(length: Int) { _ = send(wireGuard, scratch, length, 0) }
    func sendFromServer(_ index: Int, _ bytes: [UInt8]) {
        #expect(send(servers[index], bytes, bytes.count, 0) == bytes.count)
    }

    private static func address(_ descriptor: Int32) -> SocketAddress {
        var storage = sockaddr_in6()
        engarde_local_address(descriptor, &storage)
        return SocketAddress(kernel: &storage, length: 28)
    }

    /// Closes a server's socket, so that what its link sends is refused from now on, and `seconds` later lets a new one
    /// at the same port say something.
    mutating func replaceServer(_ index: Int, after seconds: Double) throws {
        let local = Self.address(servers[index])
        let peer = Self.address(links[index])
        close(servers[index])
        servers[index] = -1
        startThread("server") {
            usleep(UInt32(seconds * 1e6))
            guard let socket = try? UDPSocket.open(.v4), (try? socket.bind(to: local)) != nil,
                (try? socket.connect(to: peer)) != nil
            else { return }
            _ = send(socket.descriptor, "late", 4, 0)
        }
    }

    func receiveAtServer(_ index: Int) -> [UInt8]? { receive(servers[index]) }
    func receiveAtWireGuard() -> [UInt8]? { receive(wireGuard) }

    func drain() {
        for server in servers { while receive(server) != nil {} }
    }

    private func receive(_ descriptor: Int32) -> [UInt8]? {
        let count = recv(descriptor, scratch, 65_536, Int32(truncatingIfNeeded: MSG_DONTWAIT))
        return count < 0 ? nil : Array(UnsafeRawBufferPointer(start: scratch, count: count))
    }
}
