// SPDX-License-Identifier: GPL-2.0-or-later

/// Where a ``LinkMonitor`` has its knowledge from.
public enum LinkSource: String, Sendable, CaseIterable {
    /// Netlink, or polling where a sandbox refuses it.
    case automatic = "auto"
    /// The kernel's notifications.
    case netlink
    /// An enumeration once a second.
    case polling
}
