// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc

/// A refused send, by what it says about the link. Each has its counter; none costs more than the copy itself.
public enum SendFailure: Int, Sendable, CaseIterable, BitwiseCopyable {
    /// EAGAIN: the socket's send buffer is full, the link is congested.
    case congested
    /// ENOBUFS, ENOMEM: the device queue or the kernel is out of memory.
    case noBuffers
    /// ENETUNREACH, EHOSTUNREACH, EHOSTDOWN, ENETDOWN: no way there at the timestamp.
    case unreachable
    /// ECONNREFUSED: the far host is there, nobody listens.
    case refused
    /// EMSGSIZE: larger than a datagram may be.
    case tooLong
    /// EPERM, EACCES: a packet filter says no.
    case notPermitted
    /// ENODEV, ENXIO, EADDRNOTAVAIL: the device or the source address is gone.
    case noDevice
    /// Anything else.
    case other

    /// `rawValue`, whose own getter other files may not call from hot code.
    var index: Int { @_noLocks get { rawValue } }

    /// - Parameter errno: positive.
    @_noLocks
    init(errno: Int32) {
        switch errno {
        case EAGAIN: self = .congested
        case ENOBUFS, ENOMEM: self = .noBuffers
        case ENETUNREACH, EHOSTUNREACH, EHOSTDOWN, ENETDOWN: self = .unreachable
        case ECONNREFUSED: self = .refused
        case EMSGSIZE: self = .tooLong
        case EPERM, EACCES: self = .notPermitted
        case ENODEV, ENXIO, EADDRNOTAVAIL: self = .noDevice
        default: self = .other
        }
    }
}

/// What becomes of a message that the kernel refuses: the one rule for all engines.
enum SendOutcome: BitwiseCopyable {
    /// The copy is lost; nothing helps it.
    case lost
    /// The copy is lost, and the socket takes nothing more at the moment: an engine that has not yet asked for what is
    /// behind it need not ask.
    case congested
    /// The kernel, the device or the MTU refuses segmentation: the segments are sent one by one.
    case split
    /// The errno told of an *earlier* datagram (an ICMP error kept for the next call); this one was not tried.
    case again

    /// True for those that are followed by another try.
    var isTriedAgain: Bool {
        @_noLocks get {
            switch self {
            case .split, .again: true
            case .lost, .congested: false
            }
        }
    }

    /// - Parameters:
    ///   - errno: positive.
    ///   - segmented: whether the send asked for `UDP_SEGMENT`.
    ///   - isRepeat: whether this was already the second try.
    @_noLocks
    init(errno: Int32, segmented: Bool, isRepeat: Bool) {
        switch errno {
        // EIO: no checksum offload. EINVAL: a segment is larger than the MTU, or the kernel does not know the cmsg.
        // EMSGSIZE: the same on newer kernels. See udp_send_skb in net/ipv4/udp.c.
        case EIO where segmented, EINVAL where segmented, EMSGSIZE where segmented: self = .split
        // udp_err in net/ipv4/udp.c stores these on a connected socket; the next send reports and clears them.
        case ECONNREFUSED where !isRepeat, EHOSTUNREACH where !isRepeat, EPROTO where !isRepeat: self = .again
        case EAGAIN: self = .congested
        default: self = .lost
        }
    }
}
