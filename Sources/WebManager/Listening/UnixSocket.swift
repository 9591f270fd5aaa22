// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
internal import Sockets

enum UnixSocket {
    /// Returns true when a program listens at a path, also when it hangs and its queue of connections is full. Does not
    /// wait.
    static func isListening(at path: String) -> Bool {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        guard let address = UnixAddress(path: path) else { return false }
        return address.withKernel { connect(descriptor, .init(__sockaddr_un__: $0), $1) == 0 || errno == EAGAIN }
    }
}
