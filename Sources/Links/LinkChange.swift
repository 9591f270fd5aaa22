// SPDX-License-Identifier: GPL-2.0-or-later

/// A report of a ``LinkMonitor``: the whole table after a change.
public struct LinkChange: Sendable {
    public var table: InterfaceTable
    /// True when routes or rules may have changed since the last report. Only set while they are watched.
    public var routesChanged: Bool

    public init(table: InterfaceTable, routesChanged: Bool = false) {
        self.table = table
        self.routesChanged = routesChanged
    }
}

/// The source of information of a ``LinkMonitor``.
public enum LinkSource: String, Sendable, CaseIterable {
    /// Netlink, or polling where netlink is not permitted.
    case automatic = "auto"
    /// The kernel's notifications.
    case netlink
    /// An enumeration once a second.
    case polling
}
