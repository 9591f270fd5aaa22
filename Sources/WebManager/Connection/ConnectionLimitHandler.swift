// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes

/// Closes a connection that exceeds a limit of time, size or number.
///
/// Hummingbird's idle timeout covers only the wait for a request's head, neither a body that arrives slowly nor a
/// response that the peer does not read.
final class ConnectionLimitHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let connectionLimit: ConnectionLimit
    private let limits: WebLimits
    private var source: String?
    private var bodyBytes = 0
    private var requestDeadline: Scheduled<Void>?
    private var stallDeadline: Scheduled<Void>?

    init(_ connectionLimit: ConnectionLimit, _ limits: WebLimits) {
        self.connectionLimit = connectionLimit
        self.limits = limits
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { admit(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { leave(context) }

    func channelActive(context: ChannelHandlerContext) {
        admit(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave(context)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            bodyBytes = 0
            requestDeadline?.cancel()
            requestDeadline = close(context, after: limits.requestSeconds)
        case .body(let bytes):
            bodyBytes += bytes.readableBytes
            if bodyBytes > limits.drainBytesMax { return context.close(promise: nil) }
        case .end:
            requestDeadline?.cancel()
            requestDeadline = nil
        }
        context.fireChannelRead(data)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stallDeadline?.cancel()
        stallDeadline = context.channel.isWritable ? nil : close(context, after: limits.stallSeconds)
        context.fireChannelWritabilityChanged()
    }

    private func admit(_ context: ChannelHandlerContext) {
        guard source == nil else { return }
        let source = sourceKey(context.remoteAddress)
        guard connectionLimit.add(context.channel, source: source) else { return context.close(promise: nil) }
        self.source = source
        let unacknowledged = ChannelOptions.Types.SocketOption(
            level: .tcp, name: NIOBSDSocket.Option(rawValue: TCP_USER_TIMEOUT))
        // Failure is ignored: the other limits still bound the connection.
        _ = context.channel.setOption(unacknowledged, value: limits.unacknowledgedMilliseconds)
        _ = context.channel.setOption(ChannelOptions.socketOption(.so_sndbuf), value: limits.socketBufferBytes)
    }

    private func leave(_ context: ChannelHandlerContext) {
        requestDeadline?.cancel()
        stallDeadline?.cancel()
        guard let source else { return }
        connectionLimit.remove(context.channel, source: source)
        self.source = nil
    }

    private func close(_ context: ChannelHandlerContext, after seconds: Int64) -> Scheduled<Void> {
        context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(seconds)) { context.close(promise: nil) }
    }
}
