// SPDX-License-Identifier: GPL-2.0-or-later

public import Sockets

/// The decision about an interface.
public enum LinkVerdict: Hashable, Sendable {
    /// It can carry traffic, with the pairs of addresses to try, best first and at least one.
    case carries([CandidatePair])
    /// It is included, but cannot carry traffic.
    case idle(IdleReason)
    case excluded(by: ExclusionCause)
}

/// The cause of an exclusion.
public enum ExclusionCause: Hashable, Sendable, CustomStringConvertible {
    /// An entry of `client.excludedInterfaces`.
    case configuration(entry: String)
    /// No entry of `client.includedInterfaces` matches.
    case omission
    /// A request by API or page, valid until the program ends or the exclusions are reset.
    case request

    public var description: String {
        switch self {
        case .configuration(let entry): "excluded by \"\(entry)\" in excludedInterfaces"
        case .omission: "excluded, for includedInterfaces does not name it"
        case .request: "excluded at run time"
        }
    }
}

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
