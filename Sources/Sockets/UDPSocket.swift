// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Glibc

/// A UDP socket with one owner, set up for relaying.
///
/// Every socket takes whole super-datagrams (`UDP_GRO`), reports what the kernel dropped (`SO_RXQ_OVFL`), and
/// fragments what is larger than the MTU instead of refusing it.
public struct UDPSocket: ~Copyable, Sendable {
    private let owned: FileDescriptor
    public let family: IPAddress.Family

    public var descriptor: Int32 { owned.rawValue }

    /// Bytes asked for as receive and send buffer: a burst of some thousand full-size datagrams.
    public static let bufferBytes: Int32 = 4 << 20
    /// A link's send buffer stays small: what a congested link cannot take soon is better lost on it than late.
    public static let linkSendBytes: Int32 = 256 << 10

    /// An unbound socket.
    public static func open(_ family: IPAddress.Family) throws(Errno) -> UDPSocket {
        let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let owned = FileDescriptor(
            owning: try checkedLibc(socket(family == .v4 ? AF_INET : AF_INET6, kind, Int32(IPPROTO_UDP))))
        let udp = UDPSocket(owned: owned, family: family)
        // Kernels before 5.0 do not know UDP_GRO; everything then arrives singly.
        _ = engarde_set_option(udp.descriptor, Int32(IPPROTO_UDP), ENGARDE_UDP_GRO, 1)
        try udp.set(SOL_SOCKET, SO_RXQ_OVFL, 1)
        // Also on an IPv6 socket, which speaks IPv4 to v4-mapped peers.
        try udp.set(Int32(IPPROTO_IP), IP_MTU_DISCOVER, IP_PMTUDISC_DONT)
        try udp.set(Int32(IPPROTO_IPV6), IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT, where: family == .v6)
        return udp
    }

    private init(owned: consuming FileDescriptor, family: IPAddress.Family) {
        self.owned = owned
        self.family = family
    }

    private func set(_ level: Int32, _ option: Int32, _ value: Int32, where applies: Bool = true) throws(Errno) {
        if applies { try checked(engarde_set_option(descriptor, level, option, value)) }
    }

    /// Asks for large socket buffers, beyond the system's limits where allowed (CAP_NET_ADMIN).
    ///
    /// - Returns: ``receiveBufferBytes``.
    @discardableResult
    public func enlargeBuffers(send: Int32 = UDPSocket.bufferBytes) -> Int32 {
        if engarde_set_option(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, Self.bufferBytes) < 0 {
            _ = engarde_set_option(descriptor, SOL_SOCKET, SO_RCVBUF, Self.bufferBytes)
        }
        if engarde_set_option(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, send) < 0 {
            _ = engarde_set_option(descriptor, SOL_SOCKET, SO_SNDBUF, send)
        }
        return receiveBufferBytes
    }

    /// The receive buffer as the kernel counts it: twice what was asked for when that was granted.
    public var receiveBufferBytes: Int32 {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        unsafe getsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &value, &length)
        return value
    }

    /// Has the kernel poll the device for up to `microseconds` while this socket is waited for. Above the system's
    /// net.core.busy_read it wants CAP_NET_ADMIN.
    public func busyPoll(microseconds: Int) throws(Errno) {
        try set(SOL_SOCKET, SO_BUSY_POLL, Int32(clamping: microseconds))
    }

    /// Makes an IPv6 socket take IPv4 too, as v4-mapped addresses.
    public func acceptBothFamilies() throws(Errno) {
        try set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0)
        try set(Int32(IPPROTO_IPV6), IPV6_RECVPKTINFO, 1)
    }

    /// Has each datagram tell the address it was sent to, so that the answer can leave from there.
    public func reportDestination() throws(Errno) {
        try set(Int32(IPPROTO_IP), IP_PKTINFO, 1, where: family == .v4)
        try set(Int32(IPPROTO_IPV6), IPV6_RECVPKTINFO, 1, where: family == .v6)
    }

    /// Sends and receives through the interface of this index only, whatever the routing table prefers.
    public func bindToDevice(index: Int32) throws(Errno) {
        try checked(engarde_bind_to_device(descriptor, index))
    }

    public func bind(to address: SocketAddress) throws(Errno) {
        try unsafe checked(address.withKernel { unsafe engarde_bind(descriptor, $0, $1) })
    }

    /// Fixes the peer: strangers are refused by the kernel. May be called again for another peer; the port stays.
    public func connect(to address: SocketAddress) throws(Errno) {
        try unsafe checked(address.withKernel { unsafe engarde_connect(descriptor, $0, $1) })
    }

    /// Where it is bound.
    public var localAddress: SocketAddress {
        var storage = sockaddr_in6()
        // Cannot fail: the descriptor is an open socket and the buffer holds both families.
        unsafe engarde_local_address(descriptor, &storage)
        return unsafe SocketAddress(kernel: &storage, length: MemoryLayout<sockaddr_in6>.size)
    }
}
