// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
internal import HTTPTypes
internal import HummingbirdCore
internal import Logging
internal import NIOCore

/// One attempt at listening, and what comes of it.
struct WebServer: Sendable {
    private let settings: WebSettings
    private let site: Site
    private let census: ConnectionCensus
    private let limits: WebLimits
    private let loop: any EventLoop

    init(
        _ settings: WebSettings, _ site: Site, _ census: ConnectionCensus, _ limits: WebLimits, _ loop: any EventLoop
    ) {
        self.settings = settings
        self.site = site
        self.census = census
        self.limits = limits
        self.loop = loop
    }

    /// Serves until the service group shuts down.
    ///
    /// - Parameter onServing: called with the port once it is bound.
    /// - Throws: `WebRefusal` when it cannot be.
    func run(_ onServing: @escaping @Sendable (Int) -> Void) async throws {
        for (index, host) in settings.bindHosts.enumerated() {
            do {
                return try await run(host, onServing)
            } catch let error as IOError {
                let isFamilyMissing = error.errnoCode == EAFNOSUPPORT || error.errnoCode == EADDRNOTAVAIL
                if isFamilyMissing && index < settings.bindHosts.count - 1 { continue }
                throw WebRefusal(
                    description: "the web manager cannot listen on \(settings.listenText): "
                        + String(cString: strerror(error.errnoCode)),
                    mayPass: true)
            }
        }
    }

    private func run(_ host: String, _ onServing: @escaping @Sendable (Int) -> Void) async throws {
        // What it would say is said elsewhere, or about peers and so without end.
        let silence = Logger(label: "web") { _ in SwiftLogNoOpLogHandler() }
        let server = Server(
            childChannelSetup: HTTP1Channel(responder: respond, configuration: configuration),
            configuration: ServerConfiguration(
                address: .hostname(host, port: Int(settings.listenPort)), backlog: limits.connectionsMax),
            onServerRunning: { channel in onServing(channel.localAddress?.port ?? 0) },
            eventLoopGroup: loop, logger: silence)
        try await server.run()
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
