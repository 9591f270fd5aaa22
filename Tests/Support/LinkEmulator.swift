// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Sockets

/// The wire between two interfaces of one namespace, with weather of its own in each direction.
///
///      client namespace        wire namespace         server namespace
///          c1 ════════════ wc1 ─┐           ┌─ ws1 ════════════ s1
///              veth pair        └─ emulator ┘       veth pair
///
/// A thread reads frames on one side, holds them, and puts them out on the other. It runs ahead of everybody else
/// where that is allowed, so that a busy machine does not lengthen the delay.
public final class LinkEmulator: Sendable {
    public enum Direction: Sendable, CaseIterable { case up, down }

    private struct State {
        var up: Weather
        var down: Weather
        var counts = (up: LaneCounts(), down: LaneCounts())
        var stopping = false
        var ended = false
    }

    private let state = Monitor(State(up: Weather(), down: Weather()))

    /// - Parameters:
    ///   - client: the interface of `namespace` that leads to the client.
    ///   - server: the one that leads to the server.
    ///   - seed: what is lost, doubled and delayed by how much follows from it and from the order of the frames.
    init(client: String, server: String, in namespace: Namespace, seed: UInt64) throws {
        let sides = (
            client: try PacketSocket(on: client, in: namespace, outgoing: false),
            server: try PacketSocket(on: server, in: namespace, outgoing: false)
        )
        startThread("wire \(client)") { [state] in
            Self.hurry()
            var up = WeatherLane(seed: seed)
            var down = WeatherLane(seed: ~seed)
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 66_000, alignment: 16)
            defer { buffer.deallocate() }
            while true {
                let next = [up.nextRelease, down.nextRelease].compactMap(\.self).min()
                Self.wait(sides.client, sides.server, until: next)
                // After the wait: what has come since a change is treated as the change wants it.
                let goesOn = state.with {
                    up.weather = $0.up
                    down.weather = $0.down
                    $0.counts = (up.counts, down.counts)
                    return !$0.stopping
                }
                guard goesOn else { break }
                Self.move(&up, from: sides.client, to: sides.server, buffer)
                Self.move(&down, from: sides.server, to: sides.client, buffer)
            }
            state.with { $0.ended = true }
        }
    }

    deinit { state.with { $0.stopping = true } }

    /// Ends the thread; the interfaces are not used any more when this returns.
    func stop() {
        state.with { $0.stopping = true }
        _ = state.wait { $0.ended ? true : nil }
    }

    /// What holds for frames from now on. Frames that wait already go when they were to go.
    public func set(_ weather: Weather, _ direction: Direction) {
        state.with { if direction == .up { $0.up = weather } else { $0.down = weather } }
    }

    public func weather(_ direction: Direction) -> Weather {
        state.with { direction == .up ? $0.up : $0.down }
    }

    /// At most a tenth of a second old.
    public func counts(_ direction: Direction) -> LaneCounts {
        state.with { direction == .up ? $0.counts.up : $0.counts.down }
    }

    /// Real-time priority also does away with the 50 µs by which the kernel lets ordinary timers be late.
    private static func hurry() {
        if runAhead(priority: 1) { return }
        _ = setpriority(PRIO_PROCESS, id_t(gettid()), -19)
        try? writeText("1", to: "/proc/\(gettid())/timerslack_ns")
    }

    /// Waits for a frame or for `moment`, but never longer than 100 ms: it may be told to stop.
    private static func wait(_ client: PacketSocket, _ server: PacketSocket, until moment: Int64?) {
        let limit: Int64 = 100_000_000
        let remaining = max(0, min(limit, moment.map { $0 - Monotonic.nanoseconds } ?? limit))
        var patience = timespec(tv_sec: 0, tv_nsec: Int(remaining))
        var interest = [
            pollfd(fd: client.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: server.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        _ = ppoll(&interest, 2, &patience, nil)
    }

    /// Takes what came, at most so much that the other direction is not kept waiting, and lets go what is due.
    private static func move(
        _ lane: inout WeatherLane, from source: PacketSocket, to target: PacketSocket,
        _ buffer: UnsafeMutableRawBufferPointer
    ) {
        for _ in 0..<64 {
            guard let length = source.receive(buffer, waits: false)?.length else { break }
            let frame = [UInt8](UnsafeRawBufferPointer(rebasing: buffer[..<min(length, buffer.count)]))
            lane.take(frame, now: Monotonic.nanoseconds, isSpared: isNeighbourTalk(frame))
        }
        while let frame = lane.release(now: Monotonic.nanoseconds) { frame.withUnsafeBytes { _ = target.send($0) } }
    }

    /// ARP, or an ICMPv6 neighbour solicitation or advertisement.
    private static func isNeighbourTalk(_ frame: [UInt8]) -> Bool {
        guard frame.count > 14 else { return true }
        switch (frame[12], frame[13]) {
        case (0x08, 0x06): return true
        case (0x86, 0xdd): return frame.count > 54 && frame[20] == 58 && 133...137 ~= frame[54]
        default: return false
        }
    }
}
