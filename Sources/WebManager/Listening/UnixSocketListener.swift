// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import Sockets
internal import Synchronization

/// Listens on the control socket. The permissions of the file are its only access control.
///
/// The socket is bound under a temporary name, gets its mode, and is then renamed, so that nobody can connect before
/// the mode is set, and a socket left by a killed program is replaced. A socket at which another program listens is
/// kept.
final class UnixSocketListener: WebListener {
    /// Read and write for owner and group, as for the sockets of Docker and libvirt.
    private static let mode: mode_t = 0o660

    private let settings: ControlSocket
    /// The inode of the socket, so that a socket of another program is not removed.
    private let inode = Mutex<ino_t?>(nil)

    init(_ settings: ControlSocket) { self.settings = settings }

    var name: String { "the control socket" }
    var address: String { settings.path }
    var failureLogLevel: Logger.Level { settings.isAskedFor ? .warning : .info }

    private var unfinishedPath: String { "\(settings.path).\(getpid())" }

    func authenticator() throws(WebServerError) -> Authenticator { Authenticator.allowingAll }

    func bindAddresses() throws(WebServerError) -> [BindAddress] {
        let folder = settings.path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            .joined(separator: "/")
        // Only the last folder is created: a missing parent is likely a typing error in the path.
        if !folder.isEmpty, mkdir(folder, 0o755) != 0, errno != EEXIST {
            throw failure(String(cString: strerror(errno)))
        }
        if UnixSocket.isListening(at: settings.path) { throw failure("another program listens there") }
        return [.unixDomainSocket(path: unfinishedPath)]
    }

    func didBind(_ channel: any Channel, log: Logger) throws(WebServerError) {
        var status = stat()
        guard chmod(unfinishedPath, Self.mode) == 0, lstat(unfinishedPath, &status) == 0,
            rename(unfinishedPath, settings.path) == 0
        else {
            let reason = String(cString: strerror(errno))
            unlink(unfinishedPath)
            throw failure(reason)
        }
        inode.withLock { $0 = status.st_ino }
        log.info("the control socket is \(settings.path)")
    }

    func didEnd() {
        let ours = inode.withLock { inode in
            defer { inode = nil }
            return inode
        }
        var status = stat()
        if let ours, lstat(settings.path, &status) == 0, status.st_ino == ours { unlink(settings.path) }
    }

    private func failure(_ reason: String) -> WebServerError {
        WebServerError(description: "the control socket cannot be at \(settings.path): \(reason)", isTemporary: true)
    }
}

/// Checks of Unix domain sockets.
enum UnixSocket {
    /// Returns true when a program listens at a path, even if its queue of connections is full. Does not block.
    static func isListening(at path: String) -> Bool {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        guard let address = UnixAddress(path: path) else { return false }
        return address.withKernel { connect(descriptor, .init(__sockaddr_un__: $0), $1) == 0 || errno == EAGAIN }
    }
}
