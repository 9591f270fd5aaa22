// SPDX-License-Identifier: GPL-2.0-or-later

import CShims.Socket
import Glibc
import Sockets
import Support

/// What arrives and from where; nothing when nothing does.
///
/// - Parameter waits: for ``Patience`` at most.
func receive(_ descriptor: Int32, waits: Bool = true) -> (bytes: [UInt8], source: SocketAddress) {
    var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&wanted, 1, waits ? Patience.milliseconds : 0) == 1 else { return ([], SocketAddress()) }
    var source = SocketAddress()
    var buffer = [UInt8](repeating: 0, count: 2_048)
    let count = withMessage(&buffer, &source) { recvmsg(descriptor, $0, Int32(truncatingIfNeeded: MSG_DONTWAIT)) }
    return (Array(buffer.prefix(max(0, count))), source)
}

/// Returns how many bytes went.
///
/// - Parameter target: none on a connected socket.
func sendDatagram(_ descriptor: Int32, _ bytes: [UInt8], to target: SocketAddress) -> Int {
    var (bytes, target) = (bytes, target)
    let isConnected = target.port == 0
    return withMessage(&bytes, &target) { message in
        if isConnected { message.pointee.msg_name = nil }
        message.pointee.msg_namelen = isConnected ? 0 : 16
        return sendmsg(descriptor, message, 0)
    }
}

private func withMessage(
    _ bytes: inout [UInt8], _ address: inout SocketAddress, _ body: (UnsafeMutablePointer<msghdr>) -> Int
) -> Int {
    return bytes.withUnsafeMutableBytes { bytes in
        var slice = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
        return withUnsafeMutablePointer(to: &address) { name in
            withUnsafeMutablePointer(to: &slice) { slice in
                var message = msghdr()
                message.msg_name = UnsafeMutableRawPointer(name)
                message.msg_namelen = 28
                message.msg_iov = slice
                message.msg_iovlen = 1
                return body(&message)
            }
        }
    }
}
