// SPDX-License-Identifier: GPL-2.0-or-later

internal import HTTPTypes
internal import HummingbirdCore

/// A file of the page, which is part of the program itself.
struct PageFile: Sendable {
    var path: String
    var type: String
    var bytes: [UInt8]
    private let tag: String

    init(_ path: String, _ type: String, _ bytes: [UInt8]) {
        self.path = path
        self.type = type
        self.bytes = bytes
        // FNV-1a: it tells one build's file from another's, and keeps no secret.
        let hash = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        tag = "\"\(String(hash, radix: 16))\""
    }

    /// The file, or word that the browser's copy is still right.
    func answer(_ request: WebRequest) -> Response {
        let isKnown = request.head.headerFields[.ifNoneMatch]?.contains(tag) == true
        var answer = isKnown ? Response(status: .notModified) : Answer.bytes(bytes, type: type)
        answer.headers[.eTag] = tag
        // To be asked for each time, because the next build's has the same name.
        answer.headers[.cacheControl] = "no-cache"
        return answer
    }
}
