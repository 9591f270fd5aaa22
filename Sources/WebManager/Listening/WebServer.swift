// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
internal import HTTPTypes
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import Synchronization

/// Binds a listener once and serves its requests.
struct WebServer: Sendable {
    private let listener: any WebListener
    private let router: Router
    private let connectionLimit: ConnectionLimit
    private let limits: WebLimits
    private let loop: any EventLoop
    private let log: Logger

    init(
        _ listener: any WebListener, _ router: Router, _ connectionLimit: ConnectionLimit, _ limits: WebLimits,
        _ loop: any EventLoop, _ log: Logger
    ) {
        self.listener = listener
        self.router = router
        self.connectionLimit = connectionLimit
        self.limits = limits
        self.loop = loop
        self.log = log
    }

    /// Serves until the service group shuts down.
    ///
    /// - Parameter onServing: called after binding, with the TCP port or nil.
    /// - Throws: `WebServerError` when it cannot listen.
    func run(_ onServing: @escaping @Sendable (Int?) -> Void) async throws {
        let addresses = try listener.bindAddresses()
        for (index, address) in addresses.enumerated() {
            do {
                return try await run(address, onServing)
            } catch let error as IOError {
                let isFamilyMissing = error.errnoCode == EAFNOSUPPORT || error.errnoCode == EADDRNOTAVAIL
                if isFamilyMissing && index < addresses.count - 1 { continue }
                throw WebServerError(
                    description: "\(listener.name) cannot listen on \(listener.address): "
                        + String(cString: strerror(error.errnoCode)),
                    isTemporary: true)
            }
        }
    }

    private func run(_ address: BindAddress, _ onServing: @escaping @Sendable (Int?) -> Void) async throws {
        // Its messages repeat ours, or are about peers, who could then fill the log.
        let noLog = Logger(label: "web") { _ in SwiftLogNoOpLogHandler() }
        let failure = Mutex<WebServerError?>(nil)
        let server = Server(
            childChannelSetup: HTTP1Channel(responder: respond, configuration: configuration),
            configuration: ServerConfiguration(address: address, backlog: limits.connectionsMax),
            onServerRunning: { channel in
                do throws(WebServerError) {
                    try listener.didBind(channel, log: log)
                    onServing(channel.localAddress?.port)
                } catch {
                    failure.withLock { $0 = error }
                    channel.close(promise: nil)
                }
            },
            eventLoopGroup: loop, logger: noLog)
        defer { listener.didEnd() }
        try await server.run()
        if let failure = failure.withLock({ $0 }) { throw failure }
    }

    private var configuration: HTTP1Channel.Configuration {
        HTTP1Channel.Configuration(
            additionalChannelHandlers: [ConnectionLimitHandler(connectionLimit, limits)],
            idleTimeout: .seconds(limits.idleSeconds),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: limits.headerBytesMax, maxHeaderListSize: limits.headerBytesMax,
                maxHeaderFieldCount: limits.headerCountMax))
    }

    @Sendable
    private func respond(_ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel) async throws {
        let response = try await router.respond(to: request, from: channel.remoteAddress) {
            try await writer.writeInformationalHead(HTTPResponse(status: .continue))
        }
        try await writer.write(response: response.head, body: response.body)
        // The peer may still be sending; closing only the output lets it read the response.
        if response.headers[.connection] == "close" { channel.close(mode: .output, promise: nil) }
    }
}
