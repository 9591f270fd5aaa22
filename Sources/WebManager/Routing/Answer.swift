// SPDX-License-Identifier: GPL-2.0-or-later

internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore

/// Answers of the kinds that are given in several places.
enum Answer {
    /// A JSON body.
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        bytes(try JSONText.bytes(of: value), type: "application/json", status: status)
    }

    static func bytes(_ bytes: [UInt8], type: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// The answer to what is wrong with a request.
    static func refusal(_ refusal: RequestRefusal) -> Response {
        var answer = bytes(
            // A struct of three strings always has a JSON.
            try! JSONText.bytes(of: refusal), type: "application/json", status: refusal.status)
        for field in refusal.fields { answer.headers[field.name] = field.value }
        return answer
    }
}
