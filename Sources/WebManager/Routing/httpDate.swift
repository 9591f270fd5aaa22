// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc

/// The time as HTTP writes it (RFC 9110, 5.6.7).
func httpDate(_ seconds: time_t = time(nil)) -> String {
    var seconds = seconds
    var parts = tm()
    gmtime_r(&seconds, &parts)
    var text = [CChar](repeating: 0, count: 64)
    // No program of ours calls `setlocale`, so the names are the English ones.
    let length = strftime(&text, text.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
    return String(decoding: text[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
}
