// SPDX-License-Identifier: GPL-2.0-or-later

internal import HTTPTypes
internal import HummingbirdCore

/// A file of the web page, embedded in the program.
struct PageFile: Sendable {
    var path: String
    var type: String
    var bytes: [UInt8]
    private let tag: String

    init(_ path: String, _ type: String, _ bytes: [UInt8]) {
        self.path = path
        self.type = type
        self.bytes = bytes
        // FNV-1a: the tag only has to differ between builds.
        let hash = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        tag = "\"\(String(hash, radix: 16))\""
    }

    /// Responds with the file, or with 304 when the browser's copy is current.
    func respond(to request: WebRequest) -> Response {
        let isKnown = request.head.headerFields[.ifNoneMatch]?.contains(tag) == true
        var response = isKnown ? Response(status: .notModified) : Response.bytes(bytes, type: type)
        response.headers[.eTag] = tag
        // The browser must revalidate each time, because the files of the next build have the same names.
        response.headers[.cacheControl] = "no-cache"
        return response
    }
}

extension PageFile {
    private static let html = "text/html; charset=utf-8"
    private static let css = "text/css; charset=utf-8"
    private static let script = "text/javascript; charset=utf-8"
    private static let svg = "image/svg+xml"

    /// All files. The bytes of a file in `Page` are `PackageResources.` and its name, with `_` for the characters that
    /// identifiers cannot have.
    static let all = [
        PageFile("/", html, PackageResources.index_html),
        PageFile("/app.css", css, PackageResources.app_css),
        PageFile("/app.js", script, PackageResources.app_js),
        PageFile("/card.js", script, PackageResources.card_js),
        PageFile("/client.js", script, PackageResources.client_js),
        PageFile("/dom.js", script, PackageResources.dom_js),
        PageFile("/format.js", script, PackageResources.format_js),
        PageFile("/history.js", script, PackageResources.history_js),
        PageFile("/icon.svg", svg, PackageResources.icon_svg),
        PageFile("/overview.js", script, PackageResources.overview_js),
        PageFile("/server.js", script, PackageResources.server_js),
        PageFile("/sparkline.js", script, PackageResources.sparkline_js),
        PageFile("/stream.js", script, PackageResources.stream_js),
    ]
}
