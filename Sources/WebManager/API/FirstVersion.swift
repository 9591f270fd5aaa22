// SPDX-License-Identifier: GPL-2.0-or-later

internal import Status

/// `/api/v1/get-list` of the client, as users of the original know it.
struct FirstClientList: Encodable {
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

        /// Three words for all states: whether copies are sent there is what the original knew.
        private static func word(_ state: CarryingState) -> String { state.isInFanOut ? "active" : state.rawValue }
    }

    init(_ status: ClientStatus) {
        version = status.program.version
        description = status.program.description
        listenAddress = status.program.listenAddress
        interfaces = status.links.map(Interface.init)
    }
}

/// `/api/v1/get-list` of the server, as users of the original know it.
struct FirstServerList: Encodable {
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

    /// The original knew of no sessions: the paths of all of them are in one list. It is of clients; strangers that have
    /// proven nothing are not among them.
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

/// Seconds as the original counts them: those that are over.
private func wholeSeconds(_ seconds: Double) -> Int { Int(exactly: seconds.rounded(.down)) ?? 0 }
