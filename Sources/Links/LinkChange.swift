// SPDX-License-Identifier: GPL-2.0-or-later

/// What a ``LinkMonitor`` reports: the whole truth, and that something in it is new.
public struct LinkChange: Sendable {
    public var table: InterfaceTable
    /// Routes or rules may have changed since the last report; only while they are watched.
    public var routesChanged: Bool

    public init(table: InterfaceTable, routesChanged: Bool = false) {
        self.table = table
        self.routesChanged = routesChanged
    }
}
