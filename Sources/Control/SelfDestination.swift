// SPDX-License-Identifier: GPL-2.0-or-later

public import Settings
public import Sockets

/// Finds destinations at which a program would send to itself: each datagram would come back for ever.
public struct SelfDestination: Sendable {
    private let listen: HostPort
    /// nil where every address of this machine is listened on.
    private let listenIP: IPAddress?

    /// - Parameter listen: where the program listens.
    public init(listen: HostPort) {
        self.listen = listen
        let ip = listen.host.isEmpty ? nil : NameAnswer.systemAddresses(of: listen.host).first
        listenIP = ip.flatMap { $0.isUnspecified ? nil : $0 }
    }

    /// Whether what is sent there arrives at the program's own socket.
    public func isOwn(_ ip: IPAddress, port: UInt16) -> Bool {
        guard port == listen.port else { return false }
        // To the kernel a destination of 0.0.0.0 or :: is this machine.
        guard let listenIP else { return ip.isUnspecified || ip.isLoopback || Self.isLocal(ip) }
        return ip == listenIP || ip.isUnspecified && ip.family == listenIP.family && listenIP.isLoopback
    }

    /// Refuses a destination that leads back.
    ///
    /// - Parameters:
    ///   - key: the destination's in the file.
    ///   - section: `client` or `server`.
    ///   - asksNames: looks names up, which may block for half a minute; otherwise `localhost` alone.
    /// - Throws: ``StartRefusal``.
    public func refuse(_ destination: HostPort, key: String, section: String, asksNames: Bool) throws(StartRefusal) {
        let isKnown = asksNames || destination.host.lowercased() == "localhost"
        let addresses =
            isKnown ? NameAnswer.systemAddresses(of: destination.host) : NameResolver.literal(destination.host) ?? []
        if addresses.contains(where: { isOwn($0, port: destination.port) }) {
            throw StartRefusal(Self.words(destination, key: key, section: section, listen))
        }
    }

    /// Refuses a client's destinations that lead back, those of single links included.
    ///
    /// - Throws: ``StartRefusal``.
    public static func refuse(_ configuration: ClientConfiguration, asksNames: Bool) throws(StartRefusal) {
        let here = SelfDestination(listen: configuration.listenAddress)
        try here.refuse(configuration.destination, key: "dstAddr", section: "client", asksNames: asksNames)
        for (index, override) in configuration.destinationOverrides.enumerated() {
            try here.refuse(
                override.destination, key: "dstOverrides[\(index)].dstAddr", section: "client", asksNames: asksNames)
        }
    }

    private static func words(_ destination: HostPort, key: String, section: String, _ listen: HostPort) -> String {
        let wanted = section == "client" ? "where engarde-server listens" : "where WireGuard listens"
        return "\(section).\(key): found \(destination), which is where this program listens itself "
            + "(\(section).listenAddr \(listen)), wanted \(wanted)"
    }

    /// Whether the machine has this address now.
    private static func isLocal(_ ip: IPAddress) -> Bool {
        do throws(Errno) {
            try UDPSocket.open(ip.family).bind(to: SocketAddress(ip, port: 0))
            return true
        } catch { return false }
    }
}
