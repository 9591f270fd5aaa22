// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Sockets

/// A door from where the user is to a TCP port on a namespace's loopback.
public enum TCPForward {
    /// Listens on loopback, on `port` or on any other if it is taken. The descriptor stays with this process when it
    /// becomes another program, and the socket in this network namespace wherever that goes.
    public static func listen(at port: Int) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, 4)
        for port in [port, 0] {
            let address = SocketAddress(IPAddress("127.0.0.1")!, port: UInt16(port))
            if address.withArgument({ bind(descriptor, $0, $1) }) == 0, Glibc.listen(descriptor, 16) == 0 {
                return descriptor
            }
        }
        close(descriptor)
        return nil
    }

    /// The port that ``listen(at:)`` got.
    public static func port(of descriptor: Int32) -> Int {
        Int(SocketAddress.written { getsockname(descriptor, $0, &$1) }.0.port)
    }

    /// Joins whoever comes to `descriptor` with `port` in `namespace`, for as long as this process lives.
    public static func start(_ descriptor: Int32, to port: Int, in namespace: Namespace) {
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        startThread("forward \(port)") {
            while true {
                let visitor = SocketAddress.written {
                    accept4(descriptor, $0, &$1, Int32(SOCK_CLOEXEC.rawValue))
                }.1
                guard visitor >= 0 else {
                    // Out of descriptors, or gone before we came.
                    Monotonic.sleep(seconds: 0.05)
                    continue
                }
                guard let inner = connect(to: port, in: namespace) else {
                    close(visitor)
                    continue
                }
                let pair = Pair(visitor, inner)
                startThread("forward in") { pair.copy(visitor, inner) }
                startThread("forward out") { pair.copy(inner, visitor) }
            }
        }
    }

    private static func connect(to port: Int, in namespace: Namespace) -> Int32? {
        let made = try? namespace.inside {
            socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        }
        guard let descriptor = made, descriptor >= 0 else { return nil }
        let target = SocketAddress(IPAddress("127.0.0.1")!, port: UInt16(port))
        guard target.withArgument({ Glibc.connect(descriptor, $0, $1) }) == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    /// Two sockets, closed when both directions have ended.
    private final class Pair: Sendable {
        private let one: Int32
        private let other: Int32

        init(_ one: Int32, _ other: Int32) {
            self.one = one
            self.other = other
        }

        deinit {
            close(one)
            close(other)
        }

        func copy(_ source: Int32, _ target: Int32) {
            var buffer = [UInt8](repeating: 0, count: 16_384)
            while true {
                let count = recv(source, &buffer, buffer.count, 0)
                guard count > 0 else { break }
                var sent = 0
                while sent < count {
                    let taken = buffer[sent..<count].withUnsafeBytes {
                        send(target, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                    }
                    guard taken > 0 else {
                        shutdown(source, Int32(SHUT_RDWR))
                        return
                    }
                    sent += taken
                }
            }
            shutdown(target, Int32(SHUT_WR))
        }
    }
}
