// SPDX-License-Identifier: GPL-2.0-or-later

internal import FoundationEssentials
internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore
internal import Status

/// The body of a request that changes the exclusions: `{"interface":"wwan0"}`, optionally with `"force":true`.
struct ExclusionRequest: Decodable {
    /// The maximum length of a name, in bytes; the kernel allows interface names of 15.
    private static let nameBytesMax = 255

    var interface: String
    var force: Bool?

    init(_ body: ByteBuffer) throws(RequestError) {
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(body.readableBytesView))
        } catch {
            throw RequestError(
                .badRequest, "bad-json", #"the body must be JSON like {"interface":"wwan0"}, with "force":true or not"#)
        }
        guard (1...Self.nameBytesMax).contains(interface.utf8.count), !interface.utf8.contains(where: { $0 < 0x20 })
        else {
            throw RequestError(.badRequest, "bad-interface", "interface must be the name of a network interface")
        }
    }
}

/// The answer to a change of the exclusions: `{"status":"ok"}`, or the state that the interface had already.
struct ExclusionResponse: Encodable {
    var status: String

    static let ok = ExclusionResponse(status: "ok")

    /// Returns the response for an outcome.
    ///
    /// - Parameter unchanged: the `status` of a request that changed nothing.
    /// - Throws: ``RequestError`` when the last link would be excluded without `force`.
    static func response(_ outcome: ExclusionOutcome, unchanged: String) throws -> Response {
        switch outcome {
        case .done: return try Response.json(ok)
        case .unchanged: return try Response.json(ExclusionResponse(status: unchanged))
        case .lastLink:
            throw RequestError(
                .conflict, "last-link",
                #"this is the last link that carries the tunnel; add "force":true to exclude it all the same"#)
        }
    }
}
