// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Sockets

/// How the data plane shares its processor with others that are ready to run.
///
/// One of them may be the receiver of what is sent: WireGuard, or the other end in a test. The kernel takes a processor
/// away by its clock, which ticks up to 4 ms apart, and what is sent meanwhile beyond the receiver's buffer is lost.
/// So a burst is followed by a yield. Short slices let the data plane run soon after it wakes, and make what a yield
/// gives up short (EEVDF, kernel/sched/fair.c). With nobody else ready a yield returns at once.
struct CPUSharing: BitwiseCopyable {
    /// The shortest slice the kernel takes (`__sched_setscheduler()` clamps it to 0.1...100 ms).
    static var sliceNanoseconds: Int64 { 100_000 }
    /// Without short slices a yield would give up milliseconds.
    private let yields: Bool
    /// Bytes sent when others last ran.
    private var yieldedAt = 0

    init(yields: Bool) { self.yields = yields }

    /// Asks for short slices for the calling thread, which Linux has since 6.12. Older kernels accept and ignore it,
    /// and there a yield costs nothing but its turn. Threads with real-time priorities are left as they are.
    static func takeShortSlices() throws(Errno) {
        try checked(engarde_set_slice(sliceNanoseconds))
    }

    /// Returns whether others should run now, given the bytes sent since the program began.
    @_noLocks
    mutating func endsBurst(sent bytes: Int) -> Bool {
        guard yields, bytes &- yieldedAt >= Limits.burstBytes else { return false }
        yieldedAt = bytes
        return true
    }
}
