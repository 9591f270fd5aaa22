// SPDX-License-Identifier: GPL-2.0-or-later

internal import NIOCore
internal import Sockets
internal import Synchronization

/// Limits the number of connections, in all and from one source.
final class ConnectionLimit: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var countBySource: [String: Int] = [:]
        var isClosed = false
    }

    private let limits: WebLimits
    private let state = Mutex(State())

    init(_ limits: WebLimits) { self.limits = limits }

    var count: Int { state.withLock { $0.channels.count } }

    /// Counts a connection until ``remove(_:source:)``. Returns false, and does not count it, when a limit is reached.
    ///
    /// - Parameter source: the peer as ``sourceKey(_:)`` names it.
    func add(_ channel: any Channel, source: String) -> Bool {
        state.withLock { state in
            let count = state.countBySource[source, default: 0]
            guard !state.isClosed, state.channels.count < limits.connectionsMax, count < limits.connectionsPerSourceMax
            else {
                return false
            }
            state.channels[ObjectIdentifier(channel)] = channel
            state.countBySource[source] = count + 1
            return true
        }
    }

    /// Stops counting a connection. Does nothing when it is not counted.
    func remove(_ channel: any Channel, source: String) {
        state.withLock { state in
            guard state.channels.removeValue(forKey: ObjectIdentifier(channel)) != nil else { return }
            let count = state.countBySource[source, default: 1] - 1
            state.countBySource[source] = count == 0 ? nil : count
        }
    }

    /// Closes every connection and refuses new ones.
    func closeAll() {
        let channels = state.withLock { state in
            state.isClosed = true
            return Array(state.channels.values)
        }
        for channel in channels { channel.close(promise: nil) }
    }
}

/// Returns the key under which a peer's connections and failed logins are counted: its IPv4 address, or its IPv6 /64
/// prefix, because one customer usually has a whole /64.
func sourceKey(_ address: NIOCore.SocketAddress?) -> String {
    guard let text = address?.ipAddress, let ip = IPAddress(text), ip.family == .v6 else {
        return address?.ipAddress ?? ""
    }
    let bytes = ip.bytes
    // A dual-stack socket names its IPv4 peers ::ffff:192.0.2.1.
    if bytes.prefix(10).allSatisfy({ $0 == 0 }) { return text }
    return bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: ":")
}
