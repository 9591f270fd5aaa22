// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Sockets
import Testing

/// A thousand WireGuard clients with two links each, on one port of one server.
///
///     client n: 127.1.x.y and 127.2.x.y ══ server ══ WireGuard, one socket that sees a thousand endpoints
@Suite(.serialized) struct ManyClientsTests {
    private static let count = 1_000

    @Test("Each of a thousand clients is sent its own, by both its links, and nothing else")
    func thousand() throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        guard limit.rlim_cur > 4_096 else { return print("skipped: \(limit.rlim_cur) descriptors are not enough") }

        let wireGuard = try UDPSocket.open(.v4)
        wireGuard.enlargeBuffers()
        try wireGuard.bind(to: SocketAddress(IPAddress("127.0.0.1")!, port: 0))
        let port = try ConfigurationFixture.freePort()
        let file = try ConfigurationFixture(
            """
            server:
              listenAddr: "127.0.0.1:\(port)"
              dstAddr: "127.0.0.1:\(wireGuard.localAddress.port)"
              maxSessions: 1000
              clientTimeout: 3600
            """)
        let program = RunningProgram(.server, [file.path])
        #expect(program.says("WireGuard is at"))
        let server = SocketAddress(IPAddress("127.0.0.1")!, port: port)
        var links: [[Int32]] = []
        defer { for link in links.joined() { close(link) } }
        for client in 0..<Self.count {
            links.append(
                try (1...2).map { link in
                    let socket = try UDPSocket.open(.v4)
                    try socket.bind(
                        to: SocketAddress(IPAddress("127.\(link).\(client / 250).\(client % 250 + 1)")!, port: 0))
                    try socket.connect(to: server)
                    return dup(socket.descriptor)
                })
        }

        // Handshakes: each goes out over both links, WireGuard answers each once.
        var endpoints: [UInt32: SocketAddress] = [:]
        for client in 0..<Self.count {
            for link in links[client] { Self.send(link, Self.message(1, 148, sender: UInt32(client), receiver: 0)) }
            let (bytes, source) = receive(wireGuard.descriptor)
            #expect(bytes.count == 148 && Self.number(bytes, 4) == UInt32(client))
            endpoints[UInt32(client)] = source
            let answer = Self.message(2, 92, sender: UInt32(client) + 10_000, receiver: UInt32(client))
            Self.send(wireGuard.descriptor, answer, to: source)
            #expect(receive(links[client][0]).bytes == answer)
            #expect(receive(links[client][1]).bytes == answer)
        }
        #expect(Set(endpoints.values.map(\.port)).count == Self.count, "an endpoint a client")

        // Data, twice, so that both paths are proven; then WireGuard has something for each.
        for counter in 0..<2 as Range<UInt8> {
            for client in 0..<Self.count {
                var data = Self.message(4, 64, sender: UInt32(client) + 10_000, receiver: 0)
                data[8] = counter
                data[60] = counter
                for link in links[client] { Self.send(link, data) }
                let (bytes, source) = receive(wireGuard.descriptor)
                #expect(bytes == data && source == endpoints[UInt32(client)])
            }
        }
        for client in (0..<Self.count).shuffled() {
            let data = Self.message(4, 1_200, sender: UInt32(client), receiver: 0)
            Self.send(wireGuard.descriptor, data, to: endpoints[UInt32(client)]!)
            for link in links[client] { #expect(receive(link).bytes == data) }
        }
        usleep(100_000)
        var strays = 0
        for link in links.joined() { strays += receive(link, waits: false).bytes.isEmpty ? 0 : 1 }
        #expect(strays == 0, "nobody was sent what is another's")
        #expect(receive(wireGuard.descriptor, waits: false).bytes.isEmpty, "no copy reached WireGuard")
        print("1,000 clients: the server has \(program.residentKibibytes) KiB resident")
        #expect(program.residentKibibytes < 64 * 1024)
        program.send(SIGTERM)
        #expect(program.end().status == 0)
    }

    private static func message(_ type: UInt8, _ size: Int, sender: UInt32, receiver: UInt32) -> [UInt8] {
        var bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: sender &* 31), count: size)
        bytes.withUnsafeMutableBytes {
            $0.storeBytes(of: UInt32(type), as: UInt32.self)
            $0.storeBytes(of: sender, toByteOffset: 4, as: UInt32.self)
            $0.storeBytes(of: UInt64(receiver), toByteOffset: 8, as: UInt64.self)
            $0.storeBytes(of: sender, toByteOffset: size - 4, as: UInt32.self)
        }
        return bytes
    }

    private static func number(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
        bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self) }
    }

    /// - Parameter target: none on a connected socket.
    private static func send(_ descriptor: Int32, _ bytes: [UInt8], to target: SocketAddress = SocketAddress()) {
        #expect(sendDatagram(descriptor, bytes, to: target) == bytes.count)
    }
}
