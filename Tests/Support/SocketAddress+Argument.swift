// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Sockets

extension SocketAddress {
    /// Calls a libc function that reads an address. Under `_GNU_SOURCE` those take a union of pointers.
    func withArgument<R>(_ body: (__CONST_SOCKADDR_ARG, socklen_t) -> R) -> R {
        withUnsafeBytes(of: self) {
            let pointer = $0.baseAddress!.assumingMemoryBound(to: sockaddr.self)
            return body(__CONST_SOCKADDR_ARG(__sockaddr__: pointer), socklen_t(kernelLength))
        }
    }

    /// The address a libc function writes, as `getsockname` and `recvfrom` do, with that function's result.
    static func written<R>(by body: (__SOCKADDR_ARG, inout socklen_t) -> R) -> (SocketAddress, R) {
        var storage = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            let result = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body(__SOCKADDR_ARG(__sockaddr__: $0), &length)
            }
            return (SocketAddress(kernel: pointer, length: Int(length)), result)
        }
    }
}
