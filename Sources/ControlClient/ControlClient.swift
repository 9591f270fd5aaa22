// SPDX-License-Identifier: GPL-2.0-or-later

internal import FoundationEssentials
internal import Glibc
internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypes
internal import NIOHTTPTypesHTTP1
internal import NIOPosix
internal import Status

/// Sends requests to a running program over its control socket.
public struct ControlClient: Sendable {
    /// The maximum size of a response: that of a server with all possible sessions and paths is below 8 MiB.
    private static let answerBytesMax = 16 * 1024 * 1024

    private let path: String
    private let timeout: Duration

    /// Creates a client; it connects for each request.
    ///
    /// - Parameters:
    ///   - path: the path of the socket.
    ///   - timeout: the maximum time without any data from the program.
    public init(path: String, timeout: Duration = .seconds(10)) {
        (self.path, self.timeout) = (path, timeout)
    }

    /// Returns the status of the program, client or server.
    public func status() async throws(ControlFailure) -> AnyStatus {
        try AnyStatus(json: try await ask(.get, "/api/v2/status", body: nil))
    }

    /// Requests a change of the exclusions.
    ///
    /// - Throws: `ControlFailure` with the program's message when it refuses.
    public func change(_ change: ExclusionChange) async throws(ControlFailure) {
        _ = try await ask(.post, change.path, body: change.body)
    }

    private func ask(
        _ method: HTTPRequest.Method, _ path: String, body: [UInt8]?
    ) async throws(ControlFailure) -> [UInt8] {
        let answer: (status: HTTPResponse.Status, body: [UInt8])
        do {
            answer = try await exchange(method, path, body)
        } catch let failure as ControlFailure {
            throw failure
        } catch let error as IOError {
            throw ControlFailure(Self.words(for: error, self.path))
        } catch ChannelError.ioOnClosedChannel {
            throw ControlFailure(Self.noAnswer(self.path))
        } catch {
            throw ControlFailure("\(self.path): \(error)")
        }
        guard answer.status.kind == .successful else {
            let refusal = try? JSONDecoder().decode(Refusal.self, from: Data(answer.body))
            throw ControlFailure(refusal?.message ?? "\(self.path): HTTP status \(answer.status.code)")
        }
        return answer.body
    }

    private struct Refusal: Decodable {
        var message: String
    }

    private static func noAnswer(_ path: String) -> String { "\(path): the program does not answer" }

    private static func words(for error: IOError, _ path: String) -> String {
        switch error.errnoCode {
        case ENOENT, ECONNREFUSED: "no program listens at \(path): is engarde running?"
        case EACCES: "\(path) may not be opened by this user: try as root"
        default: "\(path): \(String(cString: strerror(error.errnoCode)))"
        }
    }

    private func exchange(
        _ method: HTTPRequest.Method, _ target: String, _ body: [UInt8]?
    ) async throws -> (HTTPResponse.Status, [UInt8]) {
        let (path, timeout) = (self.path, TimeAmount(self.timeout))
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(timeout)
            .connect(unixDomainSocketPath: path) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandlers(
                        HTTP1ToHTTPClientCodec(), IdleStateHandler(readTimeout: timeout),
                        ResponseTimeoutHandler(ControlFailure(Self.noAnswer(path))))
                    return try NIOAsyncChannel<HTTPResponsePart, HTTPRequestPart>(
                        wrappingChannelSynchronously: channel)
                }
            }
        var fields = HTTPFields()
        fields[.connection] = "close"
        if let body {
            fields[.contentType] = "application/json"
            fields[.contentLength] = "\(body.count)"
        }
        let head = HTTPRequest(
            method: method, scheme: "http", authority: "localhost", path: target, headerFields: fields)
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(.head(head))
            if let body { try await outbound.write(.body(ByteBuffer(bytes: body))) }
            try await outbound.write(.end(nil))
            var status: HTTPResponse.Status?
            var bytes: [UInt8] = []
            for try await part in inbound {
                switch part {
                case .head(let head): status = head.status
                case .body(let chunk):
                    guard bytes.count + chunk.readableBytes <= Self.answerBytesMax else {
                        throw ControlFailure("\(path): the answer is too long")
                    }
                    bytes += chunk.readableBytesView
                case .end:
                    if let status { return (status, bytes) }
                }
            }
            throw ControlFailure("\(path): no answer; does engarde listen there?")
        }
    }
}

/// Closes a connection after the timeout.
private final class ResponseTimeoutHandler: ChannelInboundHandler, Sendable {
    typealias InboundIn = HTTPResponsePart

    private let failure: ControlFailure

    init(_ failure: ControlFailure) { self.failure = failure }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is IdleStateHandler.IdleStateEvent else { return context.fireUserInboundEventTriggered(event) }
        context.fireErrorCaught(failure)
        context.close(promise: nil)
    }
}

/// A failed request to a program, described in one line.
public struct ControlFailure: Error, Hashable, CustomStringConvertible {
    public var description: String

    init(_ description: String) { self.description = description }
}
