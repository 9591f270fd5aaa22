// SPDX-License-Identifier: GPL-2.0-or-later

/// Complete responses of the API.
enum Golden {
    static func ok(_ body: String) -> String { answer("200 OK", body) }

    static func answer(_ status: String, _ body: String, more: [String] = []) -> String {
        let fields =
            ["HTTP/1.1 \(status)", "Content-Type: application/json", "Content-Length: \(body.utf8.count)"] + more + [
                "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                    + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
                "X-Content-Type-Options: nosniff", "Referrer-Policy: same-origin", "X-Frame-Options: DENY",
                "Cross-Origin-Resource-Policy: same-origin",
                "Cache-Control: no-cache, private, max-age=0", "Pragma: no-cache",
                "Expires: Thu, 01 Jan 1970 00:00:00 GMT", "Date: (now)",
            ]
        return fields.joined(separator: "\n") + "\n\n" + body
    }
}
