// SPDX-License-Identifier: GPL-2.0-or-later

internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore

extension Response {
    /// Returns a response with a JSON body.
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        bytes(try OrderedJSONEncoder.encode(value), type: "application/json", status: status)
    }

    /// Returns a response with a body of the given media type.
    static func bytes(_ bytes: [UInt8], type: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// Returns the response to a faulty request.
    static func error(_ error: RequestError) -> Response {
        var response = bytes(
            // Encoding three strings cannot fail.
            try! OrderedJSONEncoder.encode(error), type: "application/json", status: error.status)
        for field in error.fields { response.headers[field.name] = field.value }
        return response
    }
}

/// An error that a request is answered with, as the JSON `{"status":"error","code":"…","message":"…"}`.
struct RequestError: Error, Encodable {
    var status: HTTPResponse.Status
    /// The machine-readable code.
    var code: String
    /// The message for people, with a remedy.
    var message: String
    var fields: [HTTPField] = []

    init(_ status: HTTPResponse.Status, _ code: String, _ message: String, fields: [HTTPField] = []) {
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields
    }

    private enum Key: CodingKey { case status, code, message }

    func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: Key.self)
        try members.encode("error", forKey: .status)
        try members.encode(code, forKey: .code)
        try members.encode(message, forKey: .message)
    }
}
