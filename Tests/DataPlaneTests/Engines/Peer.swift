// SPDX-License-Identifier: GPL-2.0-or-later

import CShims.Socket
import Glibc
import Sockets
import Support

@testable import DataPlane

/// A plain UDP socket of somebody the relay talks to: no UDP_GRO, so that it gets every datagram by itself.
final class Peer {
    let descriptor: Int32
    private let scratch = UnsafeMutableRawPointer.allocate(byteCount: 65_536, alignment: 16)

    init(_ at: SocketAddress = address("127.0.0.1", 0)) throws(Errno) {
        descriptor = socket(at.kernelFamily, Int32(SOCK_DGRAM.rawValue), 0)
        if engarde_set_option(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20) < 0 {
            _ = engarde_set_option(descriptor, SOL_SOCKET, SO_RCVBUF, 4 << 20)
        }
        try checked(withUnsafeBytes(of: at) { engarde_bind(descriptor, $0.baseAddress!, at.kernelLength) })
    }

    /// At an address nobody else here uses, so that a port given up is still free when it is wanted back.
    static func elsewhere() throws(Errno) -> Peer { try Peer(address("127.7.7.7", 0)) }

    deinit {
        close(descriptor)
        scratch.deallocate()
    }

    var local: SocketAddress { localAddress(descriptor) }

    /// From now on it hears nobody else.
    func connect(to peer: SocketAddress) throws(Errno) {
        try checked(
            withUnsafeBytes(of: peer) { engarde_connect(descriptor, $0.baseAddress!, peer.kernelLength) })
    }

    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool { Glibc.send(descriptor, bytes, bytes.count, 0) == bytes.count }

    /// Sends datagrams of `size` bytes in one piece (`UDP_SEGMENT`).
    func sendBurst(_ datagrams: [[UInt8]]) -> Bool {
        let size = Int32(datagrams[0].count)
        // As an option it holds for every later send as well; switch it off again.
        guard engarde_set_option(descriptor, Int32(IPPROTO_UDP), ENGARDE_UDP_SEGMENT, size) == 0 else {
            return false
        }
        defer { _ = engarde_set_option(descriptor, Int32(IPPROTO_UDP), ENGARDE_UDP_SEGMENT, 0) }
        return send(datagrams.flatMap { $0 })
    }

    func receive() -> [UInt8]? {
        let count = recv(descriptor, scratch, 65_536, Int32(truncatingIfNeeded: MSG_DONTWAIT))
        return count < 0 ? nil : Array(UnsafeRawBufferPointer(start: scratch, count: count))
    }

    /// Everything that has arrived, once there are `count`: the kernel may deliver a moment after the send.
    func receiveAll(_ count: Int = 0) -> [[UInt8]] {
        var all: [[UInt8]] = []
        _ = Monotonic.wait {
            while let one = receive() { all.append(one) }
            return all.count >= count
        }
        return all
    }
}

func localAddress(_ descriptor: Int32) -> SocketAddress {
    var storage = sockaddr_in6()
    engarde_local_address(descriptor, &storage)
    return SocketAddress(kernel: &storage, length: 28)
}

/// `count` datagrams of `size` bytes that can be told apart.
func numbered(_ count: Int, size: Int) -> [[UInt8]] {
    (0..<count).map { number in
        var datagram = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: size)
        datagram[0] = UInt8(truncatingIfNeeded: number >> 8)
        return datagram
    }
}
