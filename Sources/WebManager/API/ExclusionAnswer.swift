// SPDX-License-Identifier: GPL-2.0-or-later

internal import HTTPTypes
internal import HummingbirdCore
internal import Status

/// `{"status":"ok"}`, or in whatever state the interface was already.
struct ExclusionAnswer: Encodable {
    var status: String

    static let ok = ExclusionAnswer(status: "ok")

    /// - Parameter unchanged: the word for a request that had nothing to do.
    static func answer(_ outcome: ExclusionOutcome, unchanged: String) throws -> Response {
        switch outcome {
        case .done: return try Answer.json(ok)
        case .unchanged: return try Answer.json(ExclusionAnswer(status: unchanged))
        case .lastLink:
            throw RequestRefusal(
                .conflict, "last-link",
                #"this is the last link that carries the tunnel; add "force":true to exclude it all the same"#)
        }
    }
}
