// SPDX-License-Identifier: GPL-2.0-or-later

extension PageFile {
    private static let html = "text/html; charset=utf-8"
    private static let css = "text/css; charset=utf-8"
    private static let script = "text/javascript; charset=utf-8"
    private static let svg = "image/svg+xml"

    /// All of them. A file in `Page` is `PackageResources.` and its name, with `_` for what an identifier cannot have.
    static let all = [
        PageFile("/", html, PackageResources.index_html)
    ]
}
