// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
internal import Host
internal import Sockets

/// The process that listens at a UNIX socket.
enum PeerProcess {
    /// Returns its effective capabilities; nil when they cannot be known.
    static func capabilities(listeningAt path: String) -> Set<Capability>? {
        guard let process = process(listeningAt: path),
            let status = (try? Files().read("/proc/\(process)/status")) ?? nil,
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("CapEff:") }),
            let bits = UInt64(line.dropFirst(7).drop { $0.isWhitespace }, radix: 16)
        else { return nil }
        return Set(Capability.allCases.filter { bits >> UInt64($0.rawValue) & 1 == 1 })
    }

    private static func process(listeningAt path: String) -> pid_t? {
        let opened = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard opened >= 0 else { return nil }
        let file = FileDescriptor(owning: opened)
        guard let address = UnixAddress(path: path),
            address.withKernel({ connect(file.rawValue, .init(__sockaddr_un__: $0), $1) }) == 0
        else { return nil }
        var peer = ucred()
        var size = socklen_t(MemoryLayout<ucred>.size)
        guard getsockopt(file.rawValue, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0, peer.pid > 0 else { return nil }
        return peer.pid
    }
}
