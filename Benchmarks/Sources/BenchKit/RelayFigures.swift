// SPDX-License-Identifier: GPL-2.0-or-later

/// What one relay used in one run. "A datagram" is one that was delivered within the measured time.
package struct RelayFigures: Codable, Sendable {
    /// Nanoseconds on a core a datagram.
    package let cpu: Double?
    /// The parts of ``cpu`` outside and inside the kernel; nil when too few clock ticks passed to split it.
    package let user, system: Double?
    /// System calls a datagram, in a separate short run of the same load; nil when the kernel does not count.
    package var systemCalls: Double?
    /// Datagrams that left in one send, on average: what the interfaces saw, a GSO send being one packet
    /// there.
    package var datagramsPerSend: Double?
    /// Most memory that was resident since the relay started, KiB.
    package let peakKibibytes: Int

    /// Below so many clock ticks the split into user and system is noise.
    private static let ticksMin: UInt64 = 20

    init(from start: ProcessSample, to end: ProcessSample, delivered: UInt64) {
        let ticks = (end.userTicks - start.userTicks, end.systemTicks - start.systemTicks)
        let nanoseconds = Double(end.nanoseconds - start.nanoseconds)
        cpu = delivered > 0 ? nanoseconds / Double(delivered) : nil
        let sum = ticks.0 + ticks.1
        let share = sum >= Self.ticksMin ? Double(ticks.0) / Double(sum) : nil
        user = cpu.flatMap { cpu in share.map { cpu * $0 } }
        system = cpu.flatMap { cpu in share.map { cpu * (1 - $0) } }
        peakKibibytes = end.peakKibibytes
    }
}
