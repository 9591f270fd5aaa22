// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// The terminal of the standard streams, read key by key and drawn as a whole.
struct Terminal {
    private let before: termios

    /// Takes over the terminal; ``restore()`` gives it back. Signals give it back too, and end the program.
    init() {
        var settings = termios()
        tcgetattr(0, &settings)
        before = settings
        Self.saved = settings
        for number in [SIGTERM, SIGHUP, SIGINT] {
            signal(number) { _ in
                tcsetattr(0, TCSANOW, &Terminal.saved)
                _ = write(1, "\u{1b}[?25h\n", 7)
                _exit(0)
            }
        }
        // Ctrl-C is a key as well, so that it ends the program in order.
        settings.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG)
        tcsetattr(0, TCSANOW, &settings)
    }

    /// The settings that a signal handler restores; written once, before any is set.
    nonisolated(unsafe) private static var saved = termios()

    func restore() {
        var settings = before
        tcsetattr(0, TCSANOW, &settings)
        print("\u{1b}[?25h", terminator: "")
        fflush(nil)
    }

    /// Draws over what is there, each line cut at the edge.
    func draw(_ lines: [String]) {
        var size = winsize()
        let isKnown = ioctl(1, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        let (width, height) = isKnown ? (Int(size.ws_col), Int(size.ws_row)) : (80, 24)
        // Home, each line with the rest of it cleared, and all below.
        let text = lines.prefix(height).map { "\($0.prefix(width))\u{1b}[K" }.joined(separator: "\n")
        print("\u{1b}[?25l\u{1b}[H\(text)\u{1b}[J", terminator: "")
        fflush(nil)
    }

    /// The next key, or nil after `seconds` without one.
    func key(seconds: Double) -> Character? {
        var wanted = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
        guard poll(&wanted, 1, Int32(seconds * 1_000)) > 0 else { return nil }
        var byte: UInt8 = 0
        // A terminal that has gone reads as its end.
        return read(0, &byte, 1) == 1 ? Character(UnicodeScalar(byte)) : "q"
    }
}
