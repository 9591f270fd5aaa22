// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Sockets

/// A client that knows nothing but to copy: what its WireGuard says goes out over every link, what comes back over
/// any of them goes to WireGuard, duplicates and all. It stands in for older relays, which take new source ports at
/// the least occasion.
public final class BlindFanOut: Sendable {
    private struct State {
        var rebinds = false
        var stopping = false
        var ended = false
        var ports: [Int] = []
    }

    private let state = Monitor(State())

    /// - Parameter client: which of the laboratory's clients it is, counted from 0.
    public init(in laboratory: Laboratory, client: Int = 0) throws {
        let namespace = laboratory.clients[client]
        let listening = try Self.socket(namespace, "127.0.0.1", Laboratory.clientPort)
        let target = SocketAddress(IPAddress(Laboratory.serverV4)!, port: UInt16(Laboratory.serverPort))
        let sources = laboratory.links(ofClient: client).map { (name: $0.name, address: $0.clientV4) }
        let open: @Sendable () throws -> [Int32] = {
            try sources.map { source in
                let descriptor = try Self.socket(namespace, source.address, 0, device: source.name)
                guard target.withArgument({ connect(descriptor, $0, $1) }) == 0 else {
                    throw LaboratoryFailure("\(source.name): \(Errno.current)")
                }
                return descriptor
            }
        }
        let first = try open()
        state.with { $0.ports = Self.ports(first) }
        startThread("blind fan-out") { [state] in
            var links = first
            var wireGuard: SocketAddress?
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
            defer { buffer.deallocate() }
            while true {
                let order = state.with { state in
                    defer { state.rebinds = false }
                    return (rebinds: state.rebinds, stops: state.stopping)
                }
                if order.stops { break }
                if order.rebinds, let next = try? open() {
                    links.forEach { close($0) }
                    links = next
                    state.with { $0.ports = Self.ports(next) }
                }
                Self.turn(listening, links, &wireGuard, buffer)
            }
            (links + [listening]).forEach { close($0) }
            state.with { $0.ended = true }
        }
    }

    deinit { state.with { $0.stopping = true } }

    /// Takes a new source port on every link and returns the old ones, once the new are in use.
    public func rebind() throws -> [Int] {
        let old = state.with { state in
            state.rebinds = true
            return state.ports
        }
        guard state.wait({ Set($0.ports).isDisjoint(with: old) ? true : nil }) != nil else {
            throw LaboratoryFailure("the fan-out kept its ports \(old)")
        }
        return old
    }

    public func stop() {
        state.with { $0.stopping = true }
        _ = state.wait { $0.ended ? true : nil }
    }

    private static func turn(
        _ listening: Int32, _ links: [Int32], _ wireGuard: inout SocketAddress?,
        _ buffer: UnsafeMutableRawBufferPointer
    ) {
        let sockets = [listening] + links
        var interest = sockets.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        guard poll(&interest, nfds_t(interest.count), 20) > 0 else { return }
        for (index, socket) in sockets.enumerated() where interest[index].revents != 0 {
            // No more than this of one socket before the others have their turn.
            for _ in 0..<32 {
                let (source, count) = SocketAddress.written {
                    recvfrom(socket, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT), $0, &$1)
                }
                if count < 0 { break }
                if index == 0 {
                    wireGuard = source
                    for link in links { _ = send(link, buffer.baseAddress, count, Int32(MSG_DONTWAIT)) }
                } else if let wireGuard {
                    _ = wireGuard.withArgument {
                        sendto(listening, buffer.baseAddress, count, Int32(MSG_DONTWAIT), $0, $1)
                    }
                }
            }
        }
    }

    private static func socket(
        _ namespace: Namespace, _ address: String, _ port: Int, device: String? = nil
    ) throws -> Int32 {
        try namespace.inside {
            let descriptor = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            guard descriptor >= 0 else { throw LaboratoryFailure("no socket: \(Errno.current)") }
            if let device {
                let result = device.withCString {
                    setsockopt(descriptor, SOL_SOCKET, SO_BINDTODEVICE, $0, socklen_t(device.utf8.count))
                }
                guard result == 0 else { throw LaboratoryFailure("\(device): \(Errno.current)") }
            }
            let wanted = SocketAddress(IPAddress(address)!, port: UInt16(port))
            guard wanted.withArgument({ bind(descriptor, $0, $1) }) == 0 else {
                defer { close(descriptor) }
                throw LaboratoryFailure("cannot bind \(wanted): \(Errno.current)")
            }
            return descriptor
        }
    }

    private static func ports(_ descriptors: [Int32]) -> [Int] {
        descriptors.map { descriptor in
            Int(SocketAddress.written { getsockname(descriptor, $0, &$1) }.0.port)
        }
    }
}
