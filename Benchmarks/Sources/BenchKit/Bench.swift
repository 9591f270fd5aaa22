// SPDX-License-Identifier: GPL-2.0-or-later

internal import CBench
package import Support

/// The bench itself: laboratories of one, three or eight links, and the memory to count in.
package final class Bench {
    package let cores: Cores
    /// Datagrams under way at full load, a direction: some ten GSO sends. Copies over eight links must fit
    /// the server's receive buffer, or the bench would measure that.
    package static let windowDefault = 512
    package let window: Int
    private let coresBefore = Cores.allowed()
    private var laboratories: [Int: Laboratory] = [:]
    private let up = Flow()
    private let down = Flow()

    /// The calling thread becomes the load's: it must make every measurement, and let go of the bench.
    package init(cores: Cores, window: Int = Bench.windowDefault) throws {
        self.window = window
        self.cores = cores
        try Cores.use([Int32(cores.load)])
    }

    deinit { try? Cores.use(coresBefore) }

    package func laboratory(links: Int) throws -> Laboratory {
        if let laboratory = laboratories[links] { return laboratory }
        let laboratory = try Laboratory(links: links)
        laboratories[links] = laboratory
        return laboratory
    }

    /// Both directions at full load.
    func fullLoad(_ ends: Ends) -> [Flow] {
        for (flow, direction) in [(up, Direction.up), (down, .down)] {
            ends.aim(flow, direction)
            flow.state.size = UInt32(Plan.size)
            flow.state.rate = 0
            flow.state.window = UInt64(window)
        }
        return [up, down]
    }

    /// Measures one variant at one point, with relays of its own.
    ///
    /// - Parameters:
    ///   - seconds: measured; the load has run for `warmUp` seconds before.
    ///   - counting: seconds of a second run in which system calls are counted; 0 for none.
    package func measure(
        _ variant: Variant, _ at: Case, repetition: Int = 0, seconds: Double, warmUp: Double = 0.2,
        counting: Double = 0.2
    ) throws -> Run {
        let laboratory = try laboratory(links: at.links)
        let relays = try Relays(variant, in: laboratory, cores: cores)
        defer { relays.stop() }
        let ends = try Ends(laboratory)
        let directions = at.direction.flows
        let flows = directions.map { $0 == .up ? up : down }
        for (flow, direction) in zip(flows, directions) {
            ends.aim(flow, direction)
            flow.state.size = UInt32(at.size)
            flow.state.rate = 0
            flow.state.window = 0
            switch at.load {
            case .rate(let rate): flow.state.rate = UInt64(rate)
            case .full: flow.state.window = UInt64(window)
            case .flood: break
            }
        }
        try ends.shakeHands(laboratory, relays)

        Flow.begin(flows)
        Flow.run(flows, seconds: warmUp)

        let sendsBefore = try Sends(laboratory)
        let before = (ProcessSample(pid: relays.client.pid), ProcessSample(pid: relays.server.pid))
        Flow.mark(flows)
        Flow.run(flows, seconds: seconds)
        let after = (ProcessSample(pid: relays.client.pid), ProcessSample(pid: relays.server.pid))
        let delivered = flows.map(\.state.unique)
        Flow.run(flows, seconds: 10, sends: false)
        let perSend = try Sends(laboratory).perSend(
            since: sendsBefore, flows: zip(directions, flows).map { (direction: $0, flow: $1) })
        try relays.check()

        let figures = zip(flows, zip(directions, delivered)).map {
            FlowFigures($0, $1.0, unique: $1.1, seconds: seconds)
        }
        let total = delivered.reduce(0, +)
        var client = RelayFigures(from: before.0, to: after.0, delivered: total)
        var server = RelayFigures(from: before.1, to: after.1, delivered: total)
        client.datagramsPerSend = perSend.client
        server.datagramsPerSend = perSend.server
        if counting > 0 { count(relays, flows, seconds: counting, &client, &server) }
        return Run(
            variant: variant.name, at: at, repetition: repetition, seconds: seconds, flows: figures,
            client: client,
            server: server)
    }

    /// Counts system calls in a run of their own: whatever counting costs is in no other figure.
    private func count(
        _ relays: Relays, _ flows: [Flow], seconds: Double, _ client: inout RelayFigures,
        _ server: inout RelayFigures
    ) {
        guard let clientCounter = SystemCallCounter(pid: relays.client.pid),
            let serverCounter = SystemCallCounter(pid: relays.server.pid)
        else { return }
        Flow.begin(flows)
        Flow.run(flows, seconds: seconds / 4)
        let before = (clientCounter.count, serverCounter.count)
        Flow.mark(flows)
        Flow.run(flows, seconds: seconds)
        let after = (clientCounter.count, serverCounter.count)
        let delivered = Double(flows.reduce(0) { $0 + $1.state.unique })
        guard delivered > 0 else { return }
        client.systemCalls = Double(after.0 - before.0) / delivered
        server.systemCalls = Double(after.1 - before.1) / delivered
    }
}
