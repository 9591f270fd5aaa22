// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc

/// One line that says what is going on, where a terminal looks on; nothing elsewhere.
struct Progress {
    private let isTerminal = isatty(STDERR_FILENO) == 1

    func show(_ text: String) {
        if isTerminal { write("\r\u{1b}[K\(text)") }
    }

    func clear() {
        if isTerminal { write("\r\u{1b}[K") }
        fflush(nil)
    }

    private func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
