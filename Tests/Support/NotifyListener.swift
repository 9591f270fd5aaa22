// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Sockets

/// Stands in for the service manager: a datagram socket that a program's notifications arrive at, see sd_notify(3).
public final class NotifyListener {
    /// What goes into `NOTIFY_SOCKET`.
    public let place: String
    private let descriptor: Int32

    /// - Parameter place: an absolute path, or a name in the abstract namespace behind `@`.
    public init(_ place: String) throws {
        self.place = place
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw LaboratoryFailure("no socket: \(String(cString: strerror(errno)))") }
        guard let address = UnixAddress(place: place) else { throw LaboratoryFailure("\(place): too long for a socket") }
        let result = address.withKernel { bind(descriptor, .init(__sockaddr_un__: $0), $1) }
        guard result == 0 else { throw LaboratoryFailure("\(place): \(String(cString: strerror(errno)))") }
    }

    deinit {
        close(descriptor)
        if !place.hasPrefix("@") { unlink(place) }
    }

    /// A place of its own in a folder.
    public convenience init(in folder: TemporaryFolder) throws { try self.init("\(folder.path)/notify") }

    /// The next message; nil when none comes in time.
    public func next(seconds: Double = Patience.seconds) -> String? {
        var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&wanted, 1, Int32(seconds * 1_000)) > 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = recv(descriptor, &bytes, bytes.count, Int32(truncatingIfNeeded: MSG_DONTWAIT))
        return count < 0 ? nil : String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    /// The messages that are there now.
    public func all() -> [String] {
        var messages: [String] = []
        while let message = next(seconds: 0) { messages.append(message) }
        return messages
    }

    /// Takes messages until one is `message`; false when none is in time.
    public func hears(_ message: String) -> Bool {
        let deadline = Monotonic.deadline(seconds: Patience.seconds)
        while Monotonic.nanoseconds < deadline {
            if next(seconds: 1) == message { return true }
        }
        return false
    }
}
