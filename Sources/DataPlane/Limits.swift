// SPDX-License-Identifier: GPL-2.0-or-later

/// What the data plane allocates once, at start. Sizes relate to each other as ``check()`` says.
///
/// Computed, not stored: reading a stored global on the hot path may run its initialiser under a lock.
public enum Limits {
    /// Sockets at one time: the one listened on, and one a link or one a session.
    public static var socketSlots: Int { @_noLocks get { 1152 } }
    /// Slots of the client, so that links are numbers below 64 to the duplicate window.
    public static var clientSocketSlots: Int { @_noLocks get { 64 } }
    /// Links that carry at one time; the slots that are left serve WireGuard and sockets being closed.
    public static var links: Int { @_noLocks get { 48 } }
    /// Paths on the server; the largest value `maxPaths` may have.
    public static var paths: Int { @_noLocks get { 4096 } }

    /// Receive buffers of the polling engine, which takes a share from each socket.
    static var buffers: Int { @_noLocks get { 128 } }
    /// Receive buffers of the ring engine, a power of two because the kernel's buffer ring wants one.
    static var ringBuffers: Int { @_noLocks get { 32 } }
    /// Those that circulate at least, and by how many the circulation changes.
    static var ringBufferPortion: Int { @_noLocks get { 8 } }
    /// Bytes that circulating buffers may be filled with: half of a second-level cache of 1 MiB, whose other half is
    /// for the copies. They bound what a turn sends at once, too.
    static var circulatingBytes: Int { @_noLocks get { 512 << 10 } }
    /// Bytes of the largest datagram or super-datagram: the IP length field has 16 bits.
    static var datagramBytes: Int { @_noLocks get { 65_535 } }
    /// Packets of a batch, a buffer each.
    static var packets: Int { @_noLocks get { buffers } }

    /// Bytes sent between two yields of the processor: half of ``UDPSocket/bufferBytes``, so that a receive buffer like
    /// ours holds what came before the receiver could run.
    static var burstBytes: Int { @_noLocks get { 2 << 20 } }

    /// Datagrams one super-datagram may hold. Those the kernel coalesces have 64 at most (UDP_GRO_CNT_MAX); one that a
    /// local sender made has 128 at most (UDP_MAX_SEGMENTS since Linux 6.9), but a virtual machine's may have thousands.
    static var segmentsPerPacket: Int { @_noLocks get { 128 } }
    /// Datagrams one GSO send may carry: `UDP_MAX_SEGMENTS` was 64 until Linux 6.9 (include/linux/udp.h).
    static var segmentsPerRun: Int { @_noLocks get { 64 } }
    /// Bytes one GSO send may carry: below 65,535 less the IP and UDP headers of both families.
    static var bytesPerRun: Int { @_noLocks get { 65_000 } }

    /// Slices of received buffers that can wait to be sent, an open run of each group.
    static var slices: Int { @_noLocks get { (packets + 2) * segmentsPerRun } }
    /// Runs that can wait to be sent.
    static var runs: Int { @_noLocks get { 4608 } }
    /// Runs one packet can begin for the same targets: its segments have one size, so after the open run is full a new one takes at
    /// most `segmentsPerRun` segments or `bytesPerRun` bytes, and what is left fits a third.
    static var runsPerPacket: Int { @_noLocks get { 3 } }
    /// Bytes of datagrams that a relay makes itself, a turn.
    static var ownBytes: Int { @_noLocks get { 64 << 10 } }
    /// Transmits that can wait to be sent, and messages made of them at one time.
    static var transmits: Int { @_noLocks get { 16_384 } }

    /// Datagrams the client remembers to recognise their copies; see ``DuplicateWindow``.
    static var clientWindowEntries: Int { @_noLocks get { 1 << 17 } }
    /// The same on the server, where many sessions share them.
    static var serverWindowEntries: Int { @_noLocks get { 1 << 19 } }

    /// Commands that can wait in the mailbox: several for each socket there may be.
    static var commands: Int { @_noLocks get { 8192 } }

    static func check() {
        precondition(ringBuffers & (ringBuffers - 1) == 0 && ringBuffers <= packets)
        precondition(ringBuffers % ringBufferPortion == 0 && reservedEvents < events)
        precondition(links < clientSocketSlots && clientSocketSlots <= 64)
        precondition(sessions + pendingSessions <= 1 << 12)
        precondition(sessions + pendingSessions + spareUpstreamSockets < socketSlots)
        // A relay stops between two packets when the next might not fit: one packet must always fit.
        precondition(transmits >= runsPerPacket * max(links, paths + lastKnownPaths) && runs >= runsPerPacket)
        precondition(slices >= segmentsPerPacket)
        // A session has 32 members at most, and each segment may go to others of them.
        precondition(runs >= segmentsPerPacket && transmits >= segmentsPerPacket * 32)
        // A run may have to leave as one message a segment.
        precondition(transmits >= segmentsPerRun)
        // Indices into these are packed into 16 bits of a completion's token.
        precondition(transmits <= 1 << 16 && socketSlots <= 1 << 16)
    }
}
