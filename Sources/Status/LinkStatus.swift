// SPDX-License-Identifier: GPL-2.0-or-later

/// The present use of a link or path.
public enum CarryingState: String, Hashable, Sendable, Codable, CaseIterable {
    /// In the fan-out, and nothing speaks against it.
    case carrying
    /// In the fan-out, and falls short of the copies that others bring.
    case degraded
    /// In the fan-out, and carries again after it was silent or blocked, but not yet for long enough to rely on it.
    case recovering
    /// In the fan-out, and brings nothing while others do, or nobody answers.
    case silent
    /// In the fan-out, and the kernel refuses every datagram that is sent there.
    case blocked
    /// Not in the fan-out, because it cannot be.
    case idle
    /// Not in the fan-out, because somebody does not want it to be.
    case excluded

    /// True when copies are sent there.
    public var isInFanOut: Bool { self != .idle && self != .excluded }

    /// True when copies get through, whether or not it has been so for long.
    public var delivers: Bool { self == .carrying || self == .recovering }
}

/// One network interface of the client's machine.
public struct LinkStatus: Hashable, Sendable, Codable {
    /// The interface's name.
    public var name: String
    /// `client.interfaceLabels`; empty for none.
    public var label: String
    /// `veth`, `wwan`, `tun`, …; empty for hardware.
    public var kind: String
    public var state: CarryingState
    /// The reason for that state, in words; empty when there is nothing to say about a carrying link.
    public var reason: String
    /// The hindrance that keeps a carrying link from being of use, with the command that changes it; empty for none.
    public var warning: String
    /// Seconds it has been in that state.
    public var stateSeconds: Double
    /// True when ``StatusSource/exclude(_:force:)`` has been asked for it and stands, or the file excludes it.
    public var isExcluded: Bool
    /// True for a link that ought to carry: the file names it, or it has carried since the program started, and it is not
    /// excluded.
    public var isExpected: Bool
    /// The address copies leave from, or would; empty for none.
    public var sourceAddress: String
    /// The destination of copies as the file says it, `host:port`.
    public var destination: String
    /// The destination of copies, resolved; empty while there are none.
    public var destinationAddress: String
    /// Seconds since something was accepted on this link; nil for never.
    public var lastReceivedSeconds: Double?
    public var traffic: Traffic
    /// Datagrams sent that were larger than the link carries in one piece: each crossed it in fragments, all of which
    /// have to arrive.
    public var fragmentedDatagrams: UInt64
    /// The kernel's reason for refusing segmentation offload on this link, whose datagrams leave one by one until it is tried
    /// again; empty while it does not.
    public var segmentationRefusal: String
    public var quality: QualityWindows

    public init(name: String, state: CarryingState) {
        self.name = name
        self.state = state
        label = ""
        kind = ""
        reason = ""
        warning = ""
        stateSeconds = 0
        isExcluded = false
        isExpected = false
        sourceAddress = ""
        destination = ""
        destinationAddress = ""
        traffic = Traffic()
        fragmentedDatagrams = 0
        segmentationRefusal = ""
        quality = QualityWindows()
    }
}
