// SPDX-License-Identifier: GPL-2.0-or-later

internal import DataPlane
internal import Logging

/// Says in the log what the counters tell of trouble: refused sends by socket and reason, drops by reason.
struct TrafficLog {
    private struct Key: Hashable {
        var socket: SocketHandle
        var failure: Int
    }

    private let log: Logger
    private var failures: [Key: FailureReport] = [:]
    private var kernelDrops: [SocketHandle: FailureReport] = [:]
    private var drops: [Int: FailureReport] = [:]

    init(_ log: Logger) { self.log = log }

    /// Some trouble has been told of and its end has not.
    var isOpen: Bool {
        failures.values.contains(where: \.isOpen) || kernelDrops.values.contains(where: \.isOpen)
            || drops.values.contains(where: \.isOpen)
    }

    /// Reads the counters of `sockets` (with their names for people) and of the loop, at `now` in seconds.
    mutating func update(_ counters: Counters, sockets: [(name: String, handle: SocketHandle)], at now: Int64) {
        let handles = Set(sockets.map(\.handle))
        failures = failures.filter { handles.contains($0.key.socket) }
        kernelDrops = kernelDrops.filter { handles.contains($0.key) }
        for (name, handle) in sockets where counters.generation(slot: handle.slot) == handle.generation {
            for failure in SendFailure.allCases {
                let key = Key(socket: handle, failure: failure.rawValue)
                let count = counters.value(failure, slot: handle.slot)
                guard count > 0 || failures[key] != nil else { continue }
                say(failures[key, default: FailureReport()].update(count, at: now), "\(name): \(failure.words)")
            }
            let lost = counters.value(.kernelDrops, slot: handle.slot)
            guard lost > 0 else { continue }
            say(
                kernelDrops[handle, default: FailureReport()].update(lost, at: now),
                "\(name): datagrams lost because the receive buffer was full (sysctl net.core.rmem_max)")
        }
        for reason in DropReason.allCases {
            let count = counters.value(reason)
            guard count > 0 else { continue }
            say(drops[reason.rawValue, default: FailureReport()].update(count, at: now), reason.words)
        }
    }

    private func say(_ line: FailureReport.Line?, _ what: String) {
        switch line {
        case .began(let count): log.warning("\(what) (\(count))")
        case .goesOn(let count, let seconds): log.warning("\(what) (\(count) more in \(seconds) s)")
        case .ended(let count): log.notice("over: \(what) (\(count) in all)")
        case nil: break
        }
    }
}

extension DropReason {
    /// For people.
    var words: String {
        switch self {
        case .noCarryingLink: "datagrams dropped, no link carries traffic"
        case .wireGuardUnknown: "datagrams dropped, WireGuard has not sent anything yet"
        case .sourceNotAllowed:
            "datagrams dropped, not from this machine: to let WireGuard speak from elsewhere set client.allowedSources"
        case .staleSocket: "datagrams dropped, they came in on a link just taken out"
        case .noPath: "datagrams dropped, no client has been heard"
        case .pathTableFull: "datagrams dropped, too many client addresses (server.maxPaths)"
        case .noUpstream: "datagrams dropped, the destination is not resolved yet"
        case .notWireGuard:
            "datagrams dropped, not WireGuard's: for traffic in disguise set protocol: opaque at both ends"
        case .wrongMac: "handshakes dropped, not made for server.wireguardPublicKey"
        case .unknownReceiver: "handshake answers dropped that WireGuard does not wait for"
        case .tooManyClaims: "datagrams dropped, too many unknown sources at once"
        case .claimAllowance: "datagrams dropped, their source sends more than WireGuard has answered"
        case .sessionTableFull: "datagrams dropped, too many clients (server.maxSessions)"
        case .sessionPathsFull: "datagrams dropped, too many addresses of one client (server.maxPathsPerSession)"
        case .ownReturned:
            "datagrams dropped, this server's own came back: server.dstAddr is another relay whose destination leads here"
        case .truncated: "datagrams dropped, cut by the kernel"
        }
    }
}
