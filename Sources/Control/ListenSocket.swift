// SPDX-License-Identifier: GPL-2.0-or-later

internal import Settings
internal import Glibc
internal import Sockets

/// Why a program cannot start, in one line with what to do.
public struct StartRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String

    public init(_ description: String) { self.description = description }
}

/// The socket a program listens on.
enum ListenSocket {
    /// A port may be held some milliseconds more by a predecessor whose io_uring is still being torn down.
    private static let busyRetryMilliseconds = 1000
    private static let busyPauseMilliseconds = 20

    /// Opens and binds it; a wildcard takes both families. Each datagram tells which address it was sent to.
    static func open(_ address: HostPort) throws(StartRefusal) -> UDPSocket {
        // Empty means every address of this machine.
        let ip = address.host.isEmpty ? nil : NameAnswer.systemAddresses(of: address.host).first
        if !address.host.isEmpty && ip == nil {
            throw StartRefusal("cannot listen on \(address): no address of this name is known here")
        }
        do throws(Errno) {
            // `0.0.0.0` and `::` mean every address as well.
            if let ip, !ip.isUnspecified { return try bound(.open(ip.family), SocketAddress(ip, port: address.port)) }
            return try wildcard(port: address.port)
        } catch {
            throw StartRefusal("cannot listen on \(address): \(error)\(hint(error))")
        }
    }

    private static func wildcard(port: UInt16) throws(Errno) -> UDPSocket {
        do throws(Errno) {
            let socket = try UDPSocket.open(.v6)
            try socket.acceptBothFamilies()
            return try bound(socket, SocketAddress(.anyV6, port: port))
        } catch {
            // Without IPv6 in the kernel; a busy port is the same for both.
            guard error.rawValue == EAFNOSUPPORT || error.rawValue == EADDRNOTAVAIL else { throw error }
            return try bound(.open(.v4), SocketAddress(.anyV4, port: port))
        }
    }

    private static func bound(_ socket: consuming UDPSocket, _ address: SocketAddress) throws(Errno) -> UDPSocket {
        try socket.reportDestination()
        socket.enlargeBuffers()
        var waited = 0
        while true {
            do throws(Errno) {
                try socket.bind(to: address)
                return socket
            } catch {
                guard error.rawValue == EADDRINUSE, waited < busyRetryMilliseconds else { throw error }
                usleep(UInt32(busyPauseMilliseconds) * 1000)
                waited += busyPauseMilliseconds
            }
        }
    }

    private static func hint(_ error: Errno) -> String {
        switch error.rawValue {
        case EADDRINUSE: "; another program has this port, find it with: ss -ulpn"
        case EADDRNOTAVAIL: "; this machine does not have that address, see: ip address"
        case EACCES: "; ports below 1024 want root or CAP_NET_BIND_SERVICE"
        default: ""
        }
    }
}
