// SPDX-License-Identifier: GPL-2.0-or-later

internal import Status

/// The body of `/api/v1/get-list` on the client, compatible with the Go program.
struct ClientListV1: Encodable {
    var type = "client"
    var version: String
    var description: String
    var listenAddress: String
    var interfaces: [Interface]

    struct Interface: Encodable {
        var link: LinkStatus

        private enum Key: CodingKey { case name, label, status, senderAddress, dstAddress, last }

        func encode(to encoder: any Encoder) throws {
            var members = encoder.container(keyedBy: Key.self)
            try members.encode(link.name, forKey: .name)
            if !link.label.isEmpty { try members.encode(link.label, forKey: .label) }
            try members.encode(Self.word(link.state), forKey: .status)
            try members.encode(link.sourceAddress, forKey: .senderAddress)
            try members.encode(link.state == .excluded ? "" : link.destination, forKey: .dstAddress)
            try members.encode(link.lastReceivedSeconds.map(wholeSeconds), forKey: .last)
        }

        /// Maps a state to one of the three words of version 1: `active`, `idle` and `excluded`.
        private static func word(_ state: CarryingState) -> String { state.isInFanOut ? "active" : state.rawValue }
    }

    init(_ status: ClientStatus) {
        version = status.program.version
        description = status.program.description
        listenAddress = status.program.listenAddress
        interfaces = status.links.map(Interface.init)
    }
}

/// The body of `/api/v1/get-list` on the server, compatible with the Go program.
struct ServerListV1: Encodable {
    var type = "server"
    var version: String
    var description: String
    var listenAddress: String
    var dstAddress: String
    var sockets: [Socket]

    struct Socket: Encodable {
        var address: String
        var last: Int
    }

    /// Lists the proven paths of all sessions in one list, because version 1 has no sessions.
    init(_ status: ServerStatus) {
        version = status.program.version
        description = status.program.description
        listenAddress = status.program.listenAddress
        dstAddress = status.program.destination
        sockets = status.sessions.flatMap(\.paths).filter(\.isProven).map {
            Socket(address: $0.address, last: wholeSeconds($0.lastReceivedSeconds))
        }
    }
}

/// Rounds down to whole seconds, as version 1 counts them.
private func wholeSeconds(_ seconds: Double) -> Int { Int(exactly: seconds.rounded(.down)) ?? 0 }
