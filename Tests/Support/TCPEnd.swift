// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Sockets

/// A TCP socket on a namespace's loopback: a client that may be as rude as it likes, or what occupies a port.
public final class TCPEnd {
    private let descriptor: Int32

    /// Connects to `port`.
    ///
    /// - Parameters:
    ///   - source: the address to come from, one of 127/8.
    ///   - receiveBytes: what the kernel is to hold of what nobody reads; nil for its own idea.
    public init(
        in namespace: Namespace, to port: Int, from source: String = "127.0.0.1", receiveBytes: Int32? = nil
    ) throws {
        descriptor = try Self.socket(in: namespace, at: source, port: 0)
        var patience = timeval(tv_sec: Int(Patience.seconds), tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
        }
        if var receiveBytes { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBytes, 4) }
        let target = SocketAddress(IPAddress("127.0.0.1")!, port: UInt16(port))
        guard target.withArgument({ connect(descriptor, $0, $1) }) == 0 else {
            throw LaboratoryFailure("cannot connect to port \(port): \(Errno.current)")
        }
    }

    /// Listens on `port` and takes nobody in.
    public init(in namespace: Namespace, occupying port: Int) throws {
        descriptor = try Self.socket(in: namespace, at: "127.0.0.1", port: port)
        guard listen(descriptor, 1) == 0 else {
            throw LaboratoryFailure("cannot listen on port \(port): \(Errno.current)")
        }
    }

    deinit { close(descriptor) }

    private static func socket(in namespace: Namespace, at address: String, port: Int) throws -> Int32 {
        guard let ip = IPAddress(address) else { throw LaboratoryFailure("\(address) is no address") }
        let descriptor = try namespace.inside {
            Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, 4)
        guard SocketAddress(ip, port: UInt16(port)).withArgument({ bind(descriptor, $0, $1) }) == 0 else {
            defer { close(descriptor) }
            throw LaboratoryFailure("cannot bind \(address):\(port): \(Errno.current)")
        }
        return descriptor
    }

    /// Returns whether all of it was taken.
    @discardableResult
    public func send(_ text: String) -> Bool {
        text.withCString { Glibc.send(descriptor, $0, text.utf8.count, Int32(MSG_NOSIGNAL)) } == text.utf8.count
    }

    /// How many bytes came, of those that fit; 0 at the end, less when nothing came for ``Patience``.
    public func receive() -> Int {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        return recv(descriptor, &buffer, buffer.count, 0)
    }
}
