// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
internal import HTTPTypes
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import Synchronization

/// One attempt at listening, and what comes of it.
struct WebServer: Sendable {
    private let listener: any WebListener
    private let site: Site
    private let census: ConnectionCensus
    private let limits: WebLimits
    private let loop: any EventLoop
    private let log: Logger

    init(
        _ listener: any WebListener, _ site: Site, _ census: ConnectionCensus, _ limits: WebLimits,
        _ loop: any EventLoop, _ log: Logger
    ) {
        self.listener = listener
        self.site = site
        self.census = census
        self.limits = limits
        self.loop = loop
        self.log = log
    }

    /// Serves until the service group shuts down.
    ///
    /// - Parameter onServing: called with the port, nil where there is none, once it is bound.
    /// - Throws: `WebRefusal` when it cannot be.
    func run(_ onServing: @escaping @Sendable (Int?) -> Void) async throws {
        let addresses = try listener.addresses()
        for (index, address) in addresses.enumerated() {
            do {
                return try await run(address, onServing)
            } catch let error as IOError {
                let isFamilyMissing = error.errnoCode == EAFNOSUPPORT || error.errnoCode == EADDRNOTAVAIL
                if isFamilyMissing && index < addresses.count - 1 { continue }
                throw WebRefusal(
                    description: "\(listener.name) cannot listen on \(listener.place): "
                        + String(cString: strerror(error.errnoCode)),
                    mayPass: true)
            }
        }
    }

    private func run(_ address: BindAddress, _ onServing: @escaping @Sendable (Int?) -> Void) async throws {
        // What it would say is said elsewhere, or about peers and so without end.
        let silence = Logger(label: "web") { _ in SwiftLogNoOpLogHandler() }
        let refusal = Mutex<WebRefusal?>(nil)
        let server = Server(
            childChannelSetup: HTTP1Channel(responder: respond, configuration: configuration),
            configuration: ServerConfiguration(address: address, backlog: limits.connectionsMax),
            onServerRunning: { channel in
                do throws(WebRefusal) {
                    try listener.didBind(channel, log: log)
                    onServing(channel.localAddress?.port)
                } catch {
                    refusal.withLock { $0 = error }
                    channel.close(promise: nil)
                }
            },
            eventLoopGroup: loop, logger: silence)
        defer { listener.didEnd() }
        try await server.run()
        if let refusal = refusal.withLock({ $0 }) { throw refusal }
    }

    private var configuration: HTTP1Channel.Configuration {
        HTTP1Channel.Configuration(
            additionalChannelHandlers: [ConnectionGuard(census, limits)], idleTimeout: .seconds(limits.idleSeconds),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: limits.headerBytesMax, maxHeaderListSize: limits.headerBytesMax,
                maxHeaderFieldCount: limits.headerCountMax))
    }

    @Sendable
    private func respond(_ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel) async throws {
        let response = try await site.respond(to: request, from: channel.remoteAddress) {
            try await writer.writeInformationalHead(HTTPResponse(status: .continue))
        }
        try await writer.write(response: response.head, body: response.body)
        // The peer may be sending still, and is to have its answer all the same: what it sends is taken in for a while.
        if response.headers[.connection] == "close" { channel.close(mode: .output, promise: nil) }
    }
}
