// SPDX-License-Identifier: GPL-2.0-or-later

extension PageFile {
    private static let html = "text/html; charset=utf-8"
    private static let css = "text/css; charset=utf-8"
    private static let script = "text/javascript; charset=utf-8"
    private static let svg = "image/svg+xml"

    /// All of them. A file in `Page` is `PackageResources.` and its name, with `_` for what an identifier cannot have.
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
