// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
internal import Sockets

/// The socket of the service manager, sd_notify(3): by it a service says that it is ready and how it is.
public struct NotifySocket: Hashable, Sendable {
    /// An absolute path, or a name in the abstract namespace behind `@`.
    public let place: String

    /// - Returns: nil for a place of another kind, or a longer one than the kernel takes.
    public init?(place: String) {
        guard place.hasPrefix("/") || place.hasPrefix("@"), place.utf8.count > 1 else { return nil }
        guard place.utf8.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path) else { return nil }
        self.place = place
    }

    /// Sends assignments such as `READY=1` in one message. Does not wait.
    ///
    /// - Returns: false when it was not delivered.
    public func send(_ assignments: String...) -> Bool {
        let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let raw = socket(AF_UNIX, type, 0)
        guard raw >= 0 else { return false }
        let descriptor = FileDescriptor(owning: raw)
        var (address, length) = self.address
        var message = assignments.joined(separator: "\n")
        return message.withUTF8 { bytes in
            withUnsafePointer(to: &address) {
                sendto(
                    descriptor.rawValue, bytes.baseAddress, bytes.count,
                    Int32(truncatingIfNeeded: MSG_DONTWAIT) | Int32(truncatingIfNeeded: MSG_NOSIGNAL),
                    .init(__sockaddr_un__: $0), length)
            } == bytes.count
        }
    }

    /// A name in the abstract namespace begins with a zero and has no other end than the address's length.
    private var address: (sockaddr_un, socklen_t) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let isAbstract = place.hasPrefix("@")
        withUnsafeMutableBytes(of: &address.sun_path) { path in
            path.copyBytes(from: place.utf8)
            if isAbstract { path[0] = 0 }
        }
        let head = MemoryLayout<sockaddr_un>.offset(of: \.sun_path)!
        return (address, socklen_t(head + place.utf8.count + (isAbstract ? 0 : 1)))
    }
}
