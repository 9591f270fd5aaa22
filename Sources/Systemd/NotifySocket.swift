// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
internal import Sockets

/// The socket of the service manager, sd_notify(3): by it a service says that it is ready and how it is.
public struct NotifySocket: Hashable, Sendable {
    /// An absolute path, or a name in the abstract namespace behind `@`.
    public let place: String
    private let address: UnixAddress

    /// - Returns: nil for a place of another kind, or a longer one than the kernel takes.
    public init?(place: String) {
        guard place.hasPrefix("/") || place.hasPrefix("@"), place.utf8.count > 1 else { return nil }
        guard let address = UnixAddress(place: place) else { return nil }
        self.place = place
        self.address = address
    }

    /// Sends assignments such as `READY=1` in one message. Does not wait.
    ///
    /// - Returns: false when it was not delivered.
    public func send(_ assignments: String...) -> Bool {
        let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let raw = socket(AF_UNIX, type, 0)
        guard raw >= 0 else { return false }
        let descriptor = FileDescriptor(owning: raw)
        var message = assignments.joined(separator: "\n")
        return message.withUTF8 { bytes in
            address.withKernel {
                sendto(
                    descriptor.rawValue, bytes.baseAddress, bytes.count,
                    Int32(truncatingIfNeeded: MSG_DONTWAIT) | Int32(truncatingIfNeeded: MSG_NOSIGNAL),
                    .init(__sockaddr_un__: $0), $1)
            } == bytes.count
        }
    }
}
