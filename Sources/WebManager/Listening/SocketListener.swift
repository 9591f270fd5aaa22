// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import Synchronization

/// The control socket, for commands on this machine: whoever may write to the file may ask for everything.
///
/// It is bound under another name, given its mode, and put in its place then: so nobody else connects before, and what
/// a killed program left is replaced. Another program that listens there keeps it.
final class SocketListener: WebListener {
    /// Read and write for owner and group, as a Docker or libvirt socket has it.
    private static let mode: mode_t = 0o660

    private let settings: ControlSocket
    /// The file put in place, so that not another program's is removed.
    private let inode = Mutex<ino_t?>(nil)

    init(_ settings: ControlSocket) { self.settings = settings }

    var name: String { "the control socket" }
    var place: String { settings.path }
    var troubleLevel: Logger.Level { settings.isAskedFor ? .warning : .info }

    private var unfinishedPath: String { "\(settings.path).\(getpid())" }

    func door() throws(WebRefusal) -> Door { Door.open }

    func addresses() throws(WebRefusal) -> [BindAddress] {
        let folder = settings.path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            .joined(separator: "/")
        // Only the last one: a folder missing further up is a mistake in the path.
        if !folder.isEmpty, mkdir(folder, 0o755) != 0, errno != EEXIST { throw refusal(String(cString: strerror(errno))) }
        if UnixSocket.isListening(at: settings.path) { throw refusal("another program listens there") }
        return [.unixDomainSocket(path: unfinishedPath)]
    }

    func didBind(_ channel: any Channel, log: Logger) throws(WebRefusal) {
        var status = stat()
        guard chmod(unfinishedPath, Self.mode) == 0, lstat(unfinishedPath, &status) == 0,
            rename(unfinishedPath, settings.path) == 0
        else {
            let reason = String(cString: strerror(errno))
            unlink(unfinishedPath)
            throw refusal(reason)
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

    private func refusal(_ reason: String) -> WebRefusal {
        WebRefusal(description: "the control socket cannot be at \(settings.path): \(reason)", mayPass: true)
    }
}
