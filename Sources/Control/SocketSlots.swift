// SPDX-License-Identifier: GPL-2.0-or-later

internal import DataPlane
internal import Sockets

/// A socket that the data plane serves, and the slot it sits in.
final class ServedSocket {
    let socket: UDPSocket
    let handle: SocketHandle

    init(_ socket: consuming UDPSocket, _ handle: SocketHandle) {
        self.socket = socket
        self.handle = handle
    }
}

/// Hands out the data plane's socket slots and keeps a descriptor open until the data plane has let go of it.
struct SocketSlots {
    private let dataPlane: DataPlane
    private var free: [UInt16]
    private var generations = [UInt16](repeating: 0, count: Limits.socketSlots)
    private var closing: [SocketHandle: ServedSocket] = [:]

    /// - Parameter capacity: slots to hand out, at most ``Limits/socketSlots``.
    init(_ dataPlane: DataPlane, capacity: Int = Limits.socketSlots) {
        self.dataPlane = dataPlane
        free = (0..<UInt16(capacity)).reversed()
    }

    /// Sockets on their way out, whose descriptors are still open.
    var closingCount: Int { closing.count }

    /// Gives a socket to the data plane, or returns nil when all slots are taken.
    mutating func attach(_ socket: consuming UDPSocket, _ role: Command.Role) -> ServedSocket? {
        guard let slot = free.popLast() else { return nil }
        // 0 means "never had a tenant" to the counters.
        generations[Int(slot)] = generations[Int(slot)] == .max ? 1 : generations[Int(slot)] + 1
        let handle = SocketHandle(slot: slot, generation: generations[Int(slot)])
        let served = ServedSocket(socket, handle)
        dataPlane.mailbox.post(.attach(handle, descriptor: served.socket.descriptor, role))
        return served
    }

    /// Takes a socket from the data plane; it closes when nothing uses it any more, see ``release(_:)``.
    mutating func detach(_ served: ServedSocket) {
        dataPlane.mailbox.post(.detach(served.handle))
        closing[served.handle] = served
    }

    /// Closes a socket that the data plane has let go of, and frees its slot.
    mutating func release(_ handle: SocketHandle) {
        if closing.removeValue(forKey: handle) != nil { free.append(handle.slot) }
    }
}
