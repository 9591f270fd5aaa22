// SPDX-License-Identifier: GPL-2.0-or-later

/// Counts the datagrams of one socket or path since it came into being. Bytes are of UDP payload.
public struct Traffic: Hashable, Sendable, Codable {
    public var receivedDatagrams: UInt64 = 0
    public var receivedBytes: UInt64 = 0
    /// Tried, refused ones included.
    public var sentDatagrams: UInt64 = 0
    public var sentBytes: UInt64 = 0
    /// Datagrams whose send the kernel refused, whatever the reason.
    public var sendFailures: UInt64 = 0
    /// Datagrams the kernel dropped because the receive buffer was full; 0 where paths share a socket.
    public var kernelDrops: UInt64 = 0

    public init() {}
}

/// A count with the name of what is counted, such as the reason why datagrams were dropped.
public struct NamedCount: Hashable, Sendable, Codable {
    /// A stable identifier in camel case, `noCarryingLink` for example.
    public var name: String
    /// The same in words.
    public var description: String
    public var count: UInt64

    public init(name: String, description: String, count: UInt64) {
        self.name = name
        self.description = description
        self.count = count
    }
}
