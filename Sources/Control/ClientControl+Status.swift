// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Settings
internal import DataPlane
internal import Links
internal import Sockets
public import Status
internal import Version

extension ClientControl: ClientStatusSource, SupervisedProgram {
    public func status() async -> ClientStatus { await queue.run { self.statusNow() } }

    public func turn() async throws { try await dataPlane.turn() }

    public func hasStarted() async -> Bool { await queue.run { self.hasTable } }

    public func history(ofLink name: String) async -> [QualityMinute]? {
        await queue.run {
            guard let link = self.links.values.first(where: { $0.name == name }) else { return nil }
            return link.meter.minutes(unixOffset: unixOffset(now: engarde_monotonic_nanoseconds()))
        }
    }

    public func onChange(_ handler: @escaping @Sendable () -> Void) { bell.onRing(handler) }

    public func include(_ name: String) async -> ExclusionOutcome {
        await queue.run {
            guard self.policy.include(name) else { return .unchanged }
            self.reconcile()
            return .done
        }
    }

    public func exclude(_ name: String, force: Bool) async -> ExclusionOutcome {
        await queue.run {
            if self.policy.isExcluded(name) { return .unchanged }
            return self.swapNow(name, force: force)
        }
    }

    public func swapExclusion(_ name: String, force: Bool) async -> ExclusionOutcome {
        await queue.run { self.swapNow(name, force: force) }
    }

    public func resetExclusions() async {
        await queue.run {
            self.policy.resetExclusions()
            self.reconcile()
        }
    }

    private func swapNow(_ name: String, force: Bool) -> ExclusionOutcome {
        if !force && !policy.isExcluded(name) && isLastCarrying(name) { return .lastLink }
        guard policy.swapExclusion(name) else { return .unchanged }
        reconcile()
        return .done
    }

    private func isLastCarrying(_ name: String) -> Bool {
        let carrying = links.values.filter(\.isCarrying)
        return carrying.count == 1 && carrying[0].name == name
    }

    // MARK: Status

    private func statusNow() -> ClientStatus {
        let now = engarde_monotonic_nanoseconds()
        measure(now)
        let counters = dataPlane.counters
        var program = ProgramStatus(
            version: programVersion, description: configuration.description,
            listenAddress: "\(configuration.listenAddress)", destination: "\(configuration.destination)",
            protocolName: configuration.trafficProtocol.rawValue, engine: dataPlane.engine.description)
        program.read(dataPlane, startedAt: startedAt, now: now)
        var status = ClientStatus(program: program)
        status.wireGuardAddress = dataPlane.wireGuard.records().first.map { "\($0.address)" } ?? ""
        status.wireGuardLastReceivedSeconds = age(lastReceived(listen.handle.slot), now: now)
        status.uniqueDatagrams = dataPlane.copies.uniques(ofStream: 0)
        status.duplicateDatagrams = dataPlane.copies.duplicates(ofStream: 0)
        status.traffic = Traffic(counters, slot: listen.handle.slot)
        status.links = table.interfaces.map { link($0, now) }
        status.missingLinks = expectedLinks.missing(from: table.interfaces.map(\.name)).filter { !policy.isExcluded($0) }
        let ages = status.links.map(\.lastReceivedSeconds) + [age(lastReceivedBefore, now: now)]
        status.serverLastReceivedSeconds = ages.compactMap(\.self).min()
        return status
    }

    func lastReceived(_ slot: UInt16) -> Int64 {
        Int64(bitPattern: dataPlane.counters.value(.lastReceived, slot: slot))
    }

    private func link(_ interface: Interface, _ now: Int64) -> LinkStatus {
        let link = links[interface.index]
        let (state, reason) = link?.judgement ?? (.idle, "")
        var status = LinkStatus(name: interface.name, state: state)
        status.label = configuration.interfaceLabels[interface.name] ?? ""
        status.kind = interface.kind
        status.reason = reason
        status.warning = link?.warning ?? ""
        status.stateSeconds = Double(now - (link?.carryingStateSince ?? now)) / 1e9
        status.isExcluded = policy.isExcluded(interface.name)
        status.isExpected = !status.isExcluded && expectedLinks.contains(interface.name)
        status.sourceAddress = (link?.pair?.source ?? policy.displayAddress(interface)).map { "\($0)" } ?? ""
        status.destination = "\(policy.destination(for: interface.name))"
        if let link { status.lastReceivedSeconds = age(lastReceived(link), now: now) }
        if let link, let served = link.socket {
            if link.isCarrying, let pair = link.pair { status.destinationAddress = "\(pair.destination)" }
            status.traffic = Traffic(dataPlane.counters, slot: served.handle.slot)
            status.fragmentedDatagrams = dataPlane.counters.value(.fragmentedDatagrams, slot: served.handle.slot)
            let refusal = Int32(truncatingIfNeeded: dataPlane.counters.value(.segmentationOff, slot: served.handle.slot))
            if refusal != 0 { status.segmentationRefusal = "\(Errno(refusal))" }
        }
        // Of what is not in the fan-out nothing is measured.
        if let link, link.isCarrying { status.quality = link.meter.windows }
        return status
    }
}
