// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import CShims.Uring

extension RingEngine {
    /// The kernel needs microseconds.
    private static var endNanosecondsMax: Int64 { 1_000_000_000 }

    /// Cancels what is under way and waits, but not for ever, until the kernel has ended it: until then it holds the
    /// sockets, and with them their ports. Returns whether it has.
    func endReceives() -> Bool {
        var left = underWay
        guard left > 0 else { return true }
        let deadline = engarde_monotonic_nanoseconds() + Self.endNanosecondsMax
        while unsafe !engarde_uring_cancel_all(ring, CompletionToken(.cancel).bits) {
            guard unsafe Self.isWeather(engarde_uring_submit(ring)), engarde_monotonic_nanoseconds() < deadline else {
                return false
            }
        }
        while left > 0, engarde_monotonic_nanoseconds() < deadline {
            guard unsafe Self.isWeather(engarde_uring_submit_and_wait(ring, Self.limit(deadline))) else { return false }
            for index in unsafe 0..<Int(engarde_uring_reap(ring, completions, UInt32(Self.completionsPerReap))) {
                let completion = unsafe completions[index]
                switch CompletionToken(bits: completion.token).kind {
                case .receive, .mail: if !completion.more { left -= 1 }
                case .send, .cancel: break
                }
            }
        }
        return left == 0
    }
}
