// SPDX-License-Identifier: GPL-2.0-or-later

internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore

extension EventFeed {
    /// How soon a browser is to come back when a stream has ended.
    private static let returnMilliseconds = 1_000

    /// A stream of server-sent events, each with `data` in one line of JSON.
    func answer(_ request: WebRequest) throws -> Response {
        guard request.head.method != .head else { return Self.response(ResponseBody(byteBuffer: ByteBuffer())) }
        guard let listener = listen() else {
            throw RequestRefusal(
                .serviceUnavailable, "too-many-streams", "too many event streams are open already",
                fields: [HTTPField(name: .retryAfter, value: "5")])
        }
        return Self.response(
            ResponseBody { writer in
                defer { listener.leave() }
                try await writer.write(ByteBuffer(string: "retry: \(Self.returnMilliseconds)\n\n"))
                try await request.stream.consumeWithInboundCloseHandler { _ in
                    for await event in listener.events { try await writer.write(event) }
                } onInboundClosed: {
                    listener.leave()
                }
                try await writer.finish(nil)
            })
    }

    /// An event as it goes over the wire.
    static func event(_ name: String, _ value: some Encodable) -> ByteBuffer? {
        guard let json = try? JSONText.bytes(of: value) else { return nil }
        var buffer = ByteBuffer()
        buffer.reserveCapacity(json.count + name.utf8.count + 20)
        buffer.writeString("event: \(name)\ndata: ")
        buffer.writeBytes(json)
        buffer.writeString("\n\n")
        return buffer
    }

    private static func response(_ body: ResponseBody) -> Response {
        // Proxies that would collect a stream are asked not to.
        Response(
            status: .ok, headers: [.contentType: "text/event-stream", HTTPField.Name("X-Accel-Buffering")!: "no"],
            body: body)
    }
}
