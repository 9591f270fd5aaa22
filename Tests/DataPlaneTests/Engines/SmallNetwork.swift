// SPDX-License-Identifier: GPL-2.0-or-later

import CShims.Socket
import Glibc
import Sockets

@testable import DataPlane

/// A network namespace of its own whose loopback carries small packets only.
enum SmallNetwork {
    static let mtu: Int32 = 1_280

    /// Why there can be none, or nil when there can.
    static let isAvailable: Bool = {
        let refusal = run {}
        if let refusal { print("small network tests are skipped: \(refusal)") }
        return refusal == nil
    }()

    /// Runs `body` on a thread in the namespace; sockets opened there stay there.
    ///
    /// - Returns: why it did not run.
    static func run(_ body: @escaping @Sendable () -> Void) -> String? {
        let outcome = Outcome()
        guard
            let thread = try? Thread({
                outcome.refusal = enter()
                if outcome.refusal == nil { body() }
            })
        else { return "no thread" }
        thread.join()
        return outcome.refusal
    }

    private final class Outcome: @unchecked Sendable { var refusal: String? }

    private static func enter() -> String? {
        guard unshare(0x4000_0000 /* CLONE_NEWNET */) == 0 else {
            return "no new namespace: \(Errno.current)"
        }
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(descriptor) }
        var request = ifreq()
        withUnsafeMutableBytes(of: &request.ifr_ifrn) { $0.copyBytes(from: "lo".utf8) }
        request.ifr_ifru.ifru_mtu = mtu
        guard ioctl(descriptor, UInt(SIOCSIFMTU), &request) == 0 else { return "no MTU: \(Errno.current)" }
        request.ifr_ifru.ifru_flags = Int16(truncatingIfNeeded: IFF_UP)
        guard ioctl(descriptor, UInt(SIOCSIFFLAGS), &request) == 0 else {
            return "lo stays down: \(Errno.current)"
        }
        return nil
    }
}
