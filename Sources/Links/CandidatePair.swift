// SPDX-License-Identifier: GPL-2.0-or-later

public import Sockets

/// A source and a destination address that a link may use together (a candidate pair, as in RFC 8445).
public struct CandidatePair: Hashable, Sendable, CustomStringConvertible {
    public var source: IPAddress
    public var destination: SocketAddress

    public init(source: IPAddress, destination: SocketAddress) {
        self.source = source
        self.destination = destination
    }

    public var description: String { "from \(source) to \(destination)" }
}
