// SPDX-License-Identifier: GPL-2.0-or-later

internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore

/// A request that has been let in, as handlers see it.
struct WebRequest: Sendable {
    var head: HTTPRequest
    /// What stands in the place of the pattern's `{…}`, decoded; empty for a pattern without.
    var parameter = ""
    /// All of it, where the route takes one.
    var body = ByteBuffer()
    /// The request's own, for who wants to know when the peer has gone.
    var stream: RequestBody

    /// The path without the query, still encoded.
    static func path(_ head: HTTPRequest) -> Substring { (head.path ?? "").prefix { $0 != "?" && $0 != "#" } }
}
