// SPDX-License-Identifier: GPL-2.0-or-later

/// A `host:port` as the file gives it: `192.0.2.1:51820`, `vpn.example:51820`, `[2001:db8::1]:51820` or
/// `:51820`.
public struct HostPort: Hashable, Sendable, CustomStringConvertible {
    /// A name, or an address without brackets; empty means the wildcard.
    public var host: String
    public var port: UInt16

    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
