// SPDX-License-Identifier: GPL-2.0-or-later

import Status
import Synchronization

/// A client with a status that tests set, which applies changes of exclusions.
final class FakeClient: ClientStatusSource {
    struct State {
        var status: ClientStatus
        var statusCount = 0
        var resetCount = 0
        var historyByLink: [String: [QualityMinute]] = [:]
        var onChange: (@Sendable () -> Void)?
    }

    let state: Mutex<State>

    func onChange(_ handler: @escaping @Sendable () -> Void) { state.withLock { $0.onChange = handler } }

    init(_ links: [LinkStatus] = FakeClient.links) {
        var status = ClientStatus(program: .sample)
        status.links = links
        status.wireGuardAddress = "127.0.0.1:51820"
        status.uniqueDatagrams = 900
        status.duplicateDatagrams = 800
        status.program.drops = [NamedCount(name: "noLink", description: "no link carries", count: 3)]
        state = Mutex(State(status: status))
    }

    /// One link in each state of version 1, and one in a further state.
    static var links: [LinkStatus] {
        var dsl = LinkStatus(name: "eth0", state: .carrying)
        dsl.fragmentedDatagrams = 45
        dsl.label = "DSL"
        dsl.isExpected = true
        dsl.sourceAddress = "192.0.2.10"
        dsl.destination = "vpn.example:59501"
        dsl.destinationAddress = "198.51.100.1:59501"
        dsl.lastReceivedSeconds = 0.4
        dsl.traffic.receivedDatagrams = 1000
        dsl.traffic.receivedBytes = 1_200_000
        dsl.quality.lastMinute.expectedDatagrams = 200
        dsl.quality.lastMinute.receivedDatagrams = 199
        dsl.quality.lastMinute.lossPercent = 0.5
        dsl.quality.lastMinute.winPercent = 75
        dsl.quality.lastMinute.delayP50Milliseconds = 0
        dsl.quality.lastMinute.delayP99Milliseconds = 12.5
        dsl.quality.lastMinute.jitterMilliseconds = 1.5
        var mobile = LinkStatus(name: "wwan0", state: .silent)
        mobile.isExpected = true
        mobile.reason = "nothing for 12 s while others bring something"
        mobile.sourceAddress = "10.0.0.2"
        mobile.destination = "vpn.example:59501"
        mobile.lastReceivedSeconds = 12.9
        var idle = LinkStatus(name: "wlan0", state: .idle)
        idle.reason = "no carrier"
        idle.destination = "vpn.example:59501"
        var excluded = LinkStatus(name: "docker0", state: .excluded)
        excluded.isExcluded = true
        excluded.sourceAddress = "172.17.0.1"
        excluded.destination = "vpn.example:59501"
        return [dsl, mobile, idle, excluded]
    }

    func status() async -> ClientStatus {
        state.withLock {
            $0.statusCount += 1
            return $0.status
        }
    }

    func history(ofLink name: String) async -> [QualityMinute]? {
        state.withLock { state in
            state.historyByLink[name] ?? (state.status.links.contains { $0.name == name } ? [] : nil)
        }
    }

    func include(_ name: String) async -> ExclusionOutcome { set(name, excluded: false, force: true) }

    func exclude(_ name: String, force: Bool) async -> ExclusionOutcome { set(name, excluded: true, force: force) }

    func swapExclusion(_ name: String, force: Bool) async -> ExclusionOutcome {
        let isExcluded = state.withLock { state in state.status.links.first { $0.name == name }?.isExcluded ?? false }
        return set(name, excluded: !isExcluded, force: force)
    }

    func resetExclusions() async {
        state.withLock {
            $0.resetCount += 1
            for index in $0.status.links.indices { $0.status.links[index].isExcluded = false }
        }
    }

    private func set(_ name: String, excluded: Bool, force: Bool) -> ExclusionOutcome {
        state.withLock { state in
            guard let index = state.status.links.firstIndex(where: { $0.name == name }) else { return .done }
            guard state.status.links[index].isExcluded != excluded else { return .unchanged }
            let others = state.status.links.filter { $0.name != name && $0.state.isInFanOut }
            if excluded && !force && others.isEmpty { return .lastLink }
            state.status.links[index].isExcluded = excluded
            state.status.links[index].state = excluded ? .excluded : .carrying
            return .done
        }
    }
}

extension ProgramStatus {
    static var sample: ProgramStatus {
        var program = ProgramStatus(
            version: "0.1.0", description: "Büro \"Nord\"", listenAddress: "127.0.0.1:59401",
            destination: "vpn.example:59501", protocolName: "wireguard", engine: "io_uring")
        program.uptimeSeconds = 3600.5
        program.unixSeconds = 1_700_000_000
        program.turns = 12
        program.systemCalls = 13
        return program
    }
}
