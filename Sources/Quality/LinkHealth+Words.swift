// SPDX-License-Identifier: GPL-2.0-or-later

internal import Status

extension LinkHealth {
    /// The reason of the state, for people; empty while carrying. It is the same text as long as the cause is the same.
    public var reason: String {
        if state == .recovering { return "carries again, watched for \(Self.calmNanoseconds / 1_000_000_000) s" }
        return switch (cause, observer) {
        case (nil, _): ""
        case (.missing, .client): "brings nothing while other links deliver"
        case (.missing, .server): "brings nothing while the client's other paths deliver"
        case (.unanswered, .client): "no answer from the server"
        case (.unanswered, .server): "no answer from the client"
        case (.refused, _): refusal
        case (.lossy, .client): "misses too many of the datagrams that other links bring"
        case (.lossy, .server): "misses too many of the datagrams that the client's other paths bring"
        }
    }
}
