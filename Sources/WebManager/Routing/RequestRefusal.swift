// SPDX-License-Identifier: GPL-2.0-or-later

internal import HTTPTypes

/// What is wrong with a request, and the JSON that says so: `{"status":"error","code":"…","message":"…"}`.
struct RequestRefusal: Error, Encodable {
    var status: HTTPResponse.Status
    /// For programs.
    var code: String
    /// For people, with what to do instead.
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
