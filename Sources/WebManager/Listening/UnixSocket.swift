// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc

enum UnixSocket {
    /// Returns true when a program listens at a path, also when it hangs and its queue of connections is full. Does not
    /// wait.
    static func isListening(at path: String) -> Bool {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let isCopied = withUnsafeMutableBytes(of: &address.sun_path) { bytes in
            guard path.utf8.count < bytes.count else { return false }
            bytes.copyBytes(from: path.utf8)
            return true
        }
        guard isCopied else { return false }
        return withUnsafePointer(to: address) { pointer in
            connect(descriptor, .init(__sockaddr_un__: pointer), socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
                || errno == EAGAIN
        }
    }
}
