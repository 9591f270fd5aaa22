// SPDX-License-Identifier: GPL-2.0-or-later

internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore

extension EventFeed {
    /// The delay before a browser reconnects after the stream has ended.
    private static let reconnectMilliseconds = 1_000

    /// Responds with a stream of server-sent events, each with one line of JSON as `data`.
    ///
    /// - Throws: ``RequestError`` when too many streams are open.
    func respond(to request: WebRequest) throws -> Response {
        guard request.head.method != .head else { return Self.response(ResponseBody(byteBuffer: ByteBuffer())) }
        guard let subscription = subscribe() else {
            throw RequestError(
                .serviceUnavailable, "too-many-streams", "too many event streams are open already",
                fields: [HTTPField(name: .retryAfter, value: "5")])
        }
        return Self.response(
            ResponseBody { writer in
                defer { subscription.cancel() }
                try await writer.write(ByteBuffer(string: "retry: \(Self.reconnectMilliseconds)\n\n"))
                try await request.stream.consumeWithInboundCloseHandler { _ in
                    for await event in subscription.events { try await writer.write(event) }
                } onInboundClosed: {
                    subscription.cancel()
                }
                try await writer.finish(nil)
            })
    }

    /// Encodes a server-sent event.
    static func event(_ name: String, _ value: some Encodable) -> ByteBuffer? {
        guard let json = try? OrderedJSONEncoder.encode(value) else { return nil }
        var buffer = ByteBuffer()
        buffer.reserveCapacity(json.count + name.utf8.count + 20)
        buffer.writeString("event: \(name)\ndata: ")
        buffer.writeBytes(json)
        buffer.writeString("\n\n")
        return buffer
    }

    private static func response(_ body: ResponseBody) -> Response {
        // Keeps nginx and similar proxies from buffering the stream.
        Response(
            status: .ok, headers: [.contentType: "text/event-stream", HTTPField.Name("X-Accel-Buffering")!: "no"],
            body: body)
    }
}
