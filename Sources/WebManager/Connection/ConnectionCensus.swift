// SPDX-License-Identifier: GPL-2.0-or-later

internal import NIOCore
internal import Synchronization

/// Who is connected, so that nobody takes every place.
final class ConnectionCensus: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var countBySource: [String: Int] = [:]
        var isClosed = false
    }

    private let limits: WebLimits
    private let state = Mutex(State())

    init(_ limits: WebLimits) { self.limits = limits }

    var count: Int { state.withLock { $0.channels.count } }

    /// Whether there is a place for a connection, which it then has until it leaves.
    func admit(_ channel: any Channel, source: String) -> Bool {
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

    func leave(_ channel: any Channel, source: String) {
        state.withLock { state in
            guard state.channels.removeValue(forKey: ObjectIdentifier(channel)) != nil else { return }
            let count = state.countBySource[source, default: 1] - 1
            state.countBySource[source] = count == 0 ? nil : count
        }
    }

    /// Ends every connection, whatever it is at, and takes no more.
    func closeAll() {
        let channels = state.withLock { state in
            state.isClosed = true
            return Array(state.channels.values)
        }
        for channel in channels { channel.close(promise: nil) }
    }
}
