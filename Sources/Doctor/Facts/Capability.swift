// SPDX-License-Identifier: GPL-2.0-or-later

/// A permission of a process, by the kernel's number.
public enum Capability: Int, Hashable, Sendable, CaseIterable {
    case netAdmin = 12
    case netRaw = 13

    var name: String {
        switch self {
        case .netAdmin: "CAP_NET_ADMIN"
        case .netRaw: "CAP_NET_RAW"
        }
    }
}
