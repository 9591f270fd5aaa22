// SPDX-License-Identifier: GPL-2.0-or-later

internal import Settings
internal import DataPlane
internal import Logging
internal import Sockets

/// The server's sockets toward WireGuard, opened ahead because the data plane opens none: one for each session there
/// may be, or a single one for opaque traffic.
struct UpstreamSockets {
    private let wanted: Int
    private let tuning: TuningConfiguration
    private let log: Logger
    /// By slot.
    private var sockets: [UInt16: ServedSocket] = [:]
    private(set) var destination: SocketAddress?
    /// Fewer than wanted could be opened, and it has been said.
    private var isShort = false

    init(count: Int, tuning: TuningConfiguration, log: Logger) {
        wanted = count
        self.tuning = tuning
        self.log = log
    }

    func socket(inSlot slot: UInt16) -> ServedSocket? { sockets[slot] }

    var handles: [SocketHandle] { sockets.values.map(\.handle) }

    /// Connects all sockets to where WireGuard is now.
    mutating func connect(to wanted: SocketAddress, _ slots: inout SocketSlots) {
        if destination?.ip.family == wanted.ip.family {
            destination = wanted
            // One that cannot be connected is replaced by one that can.
            for (slot, served) in sockets {
                do throws(Errno) { try served.socket.connect(to: wanted) } catch {
                    log.warning("a socket toward WireGuard cannot be connected to \(wanted): \(error)")
                    replace(slot: slot, &slots)
                }
            }
        } else {
            let former = sockets
            sockets = [:]
            destination = wanted
            fill(&slots)
            for served in former.values { slots.detach(served) }
        }
        log.notice("WireGuard is at \(wanted)")
    }

    /// Replaces the socket of a session that is over. The new one has another port, so that what WireGuard still sends to
    /// the old client never reaches the next one.
    mutating func replace(slot: UInt16, _ slots: inout SocketSlots) {
        guard let retired = sockets.removeValue(forKey: slot) else { return }
        slots.detach(retired)
        fill(&slots)
    }

    /// Opens what is missing, as far as there are slots.
    mutating func fill(_ slots: inout SocketSlots) {
        guard let destination else { return }
        do throws(Errno) {
            while sockets.count < wanted {
                let socket = try UDPSocket.open(destination.ip.family)
                socket.enlargeBuffers()
                socket.apply(tuning, log)
                try socket.connect(to: destination)
                // With so many sockets one may be given the very port that WireGuard, not started yet, will want.
                if socket.localAddress.port == destination.port { continue }
                // Slots come free when the data plane has let go of old sockets.
                guard let served = slots.attach(socket, .upstream) else { return }
                sockets[served.handle.slot] = served
            }
            isShort = false
        } catch {
            if !isShort { log.warning("\(sockets.count) of \(wanted) sockets toward WireGuard are open: \(error)") }
            isShort = true
        }
    }
}
