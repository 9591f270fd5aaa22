// SPDX-License-Identifier: GPL-2.0-or-later

internal import DataPlane

extension SendFailure {
    /// For people.
    var words: String {
        switch self {
        case .congested: "copies lost, the link is congested"
        case .noBuffers: "copies lost, the device queue is full"
        case .unreachable: "copies lost, no route"
        case .refused: "copies lost, nobody listens at the far end"
        case .tooLong: "copies lost, too long for a datagram"
        case .notPermitted: "copies lost, a packet filter refuses them"
        case .noDevice: "copies lost, the device or its address is gone"
        case .other: "copies lost"
        }
    }

    /// Why a link is blocked, for people: every datagram is refused for this reason.
    var reason: String {
        switch self {
        case .congested: "nothing leaves: its send buffer stays full (EAGAIN)"
        case .noBuffers: "nothing leaves: its device queue stays full (ENOBUFS)"
        case .unreachable: "the kernel refuses its datagrams: no route (ENETUNREACH)"
        case .refused: "the kernel refuses its datagrams: nobody listens at the far end (ECONNREFUSED)"
        case .tooLong: "the kernel refuses its datagrams: too long for this link (EMSGSIZE)"
        case .notPermitted: "the kernel refuses its datagrams: a packet filter (EPERM)"
        case .noDevice: "the kernel refuses its datagrams: the device or its address is gone (ENODEV)"
        case .other: "the kernel refuses its datagrams"
        }
    }
}
