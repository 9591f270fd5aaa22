// SPDX-License-Identifier: GPL-2.0-or-later

import Sockets

/// One veth pair between client and server, and everything that can happen to it.
public final class LaboratoryLink {
    public enum Side: Sendable { case client, server }

    public let number: Int
    public let families: [Laboratory.Family]
    /// The client's end, as it is called now.
    public private(set) var name: String
    /// The server's end.
    public let farName: String
    /// The last part of the client's address, which ``changeAddress()`` moves on.
    public private(set) var host = 1
    public private(set) var exists = false
    public private(set) var isUp = false
    public private(set) var hasCarrier = false
    public private(set) var upLossPercent = 0
    public private(set) var downLossPercent = 0
    /// Delay, jitter and losses of this link's own, each direction apart; nil when the laboratory was not asked for it.
    public private(set) var emulator: LinkEmulator?

    /// Where its client is.
    public let client: Namespace
    private let server: Namespace
    private let wire: Namespace?
    private var sendsWholeFrames = false
    private let neighbourQueueBytes: Int?
    private let applyRules: () throws -> Void

    init(
        number: Int, families: [Laboratory.Family], client: Namespace, server: Namespace,
        wire: Namespace?, neighbourQueueBytes: Int?, applyRules: @escaping () throws -> Void
    ) throws {
        self.number = number
        self.families = families
        self.client = client
        self.server = server
        self.wire = wire
        self.neighbourQueueBytes = neighbourQueueBytes
        self.applyRules = applyRules
        name = "c\(number)"
        farName = "s\(number)"
        try create()
    }

    /// Whether a datagram gets through now.
    public var isAlive: Bool { exists && isUp && hasCarrier && lossPercent < 100 }

    /// The worse of both directions.
    public var lossPercent: Int { max(upLossPercent, downLossPercent) }

    /// What is lost of the packets that come to one end.
    func lossPercent(at side: Side) -> Int { side == .client ? downLossPercent : upLossPercent }

    public func name(_ side: Side) -> String { side == .client ? name : farName }

    public var clientV4: String { "10.1.\(number).\(host)" }
    public var serverV4: String { "10.1.\(number).2" }
    public var clientV6: String { "fd00:1:\(number)::\(host)" }
    public var serverV6: String { "fd00:1:\(number)::2" }

    // MARK: - Administratively down and up

    /// `ip link set cN down`. Returns the moment just before the kernel was told.
    @discardableResult
    public func down() throws -> Int64 {
        let moment = try setUp(false, name, in: client)
        isUp = false
        return moment
    }

    /// `ip link set cN up`, then what a DHCP client would do: addresses that went, and the routes. Returns the
    /// moment just before the kernel was told.
    @discardableResult
    public func up() throws -> Int64 {
        let moment = try setUp(true, name, in: client)
        isUp = true
        try configureClient()
        return moment
    }

    // MARK: - Carrier

    /// The far end goes down: the client keeps address and administrative state and loses its carrier.
    @discardableResult
    public func carrierLost() throws -> Int64 {
        let moment = try setUp(false, farName, in: server)
        if let wire { try setUp(false, wireName(.client), in: wire) }
        hasCarrier = false
        return moment
    }

    @discardableResult
    public func carrierBack() throws -> Int64 {
        let moment = try setUp(true, farName, in: server)
        if let wire { try setUp(true, wireName(.client), in: wire) }
        hasCarrier = true
        try configureServer()
        try configureClient()
        return moment
    }

    // MARK: - Losses

    /// Everything is swallowed in both directions and nobody is told.
    public func silentlyDrop() throws { try lose(percent: 100) }

    /// Loses `percent` of the packets in each direction, at random; 0 ends it.
    public func lose(percent: Int) throws { try lose(upPercent: percent, downPercent: percent) }

    /// The same with each direction on its own; `up` is from client to server.
    public func lose(upPercent: Int, downPercent: Int) throws {
        precondition(0...100 ~= upPercent && 0...100 ~= downPercent)
        self.upLossPercent = upPercent
        self.downLossPercent = downPercent
        try applyRules()
    }

    // MARK: - Delay

    /// Every frame takes this much longer in its direction. Wants an emulated link.
    public func setDelay(upMilliseconds: Double, downMilliseconds: Double) {
        for (direction, delay) in [(LinkEmulator.Direction.up, upMilliseconds), (.down, downMilliseconds)] {
            var weather = weather(direction)
            weather.delayMilliseconds = delay
            setWeather(weather, direction)
        }
    }

    /// Everything the emulator does in one direction. Wants an emulated link.
    public func setWeather(_ weather: Weather, _ direction: LinkEmulator.Direction) {
        guard let emulator else { preconditionFailure("link \(number) is not emulated") }
        emulator.set(weather, direction)
    }

    public func weather(_ direction: LinkEmulator.Direction) -> Weather {
        emulator?.weather(direction) ?? Weather()
    }

    /// Both ends send datagrams one by one and with checksums, so that a ``Capture`` sees what a wire would carry.
    public func sendWholeFrames() throws {
        sendsWholeFrames = true
        for (namespace, name) in [(client, name), (server, farName)] {
            try namespace.inside { try Support.sendWholeFrames(name) }
        }
    }

    /// Whatever was done to the link, it carries again.
    public func restore() throws {
        if !exists { try create() }
        if lossPercent > 0 { try lose(percent: 0) }
        if !hasCarrier { try carrierBack() }
        if !isUp { try up() }
    }

    // MARK: - Rate and size

    /// Both ends send at `kbit` kbit/s at most, with a queue of 20 kB before datagrams are dropped.
    public func shape(kbit: Int) throws {
        for (namespace, name) in [(client, name), (server, farName)] {
            try run(
                [
                    "tc", "qdisc", "replace", "dev", name, "root", "tbf", "rate", "\(kbit)kbit", "burst", "4kb",
                    "limit", "20kb",
                ], in: namespace)
        }
    }

    public func unshape() throws {
        for (namespace, name) in [(client, name), (server, farName)] {
            try run(["tc", "qdisc", "del", "dev", name, "root"], in: namespace)
        }
    }

    /// The largest packet either end takes, 68 to 65,535 bytes.
    public func mtu(_ bytes: Int) throws {
        try run(["ip", "link", "set", name, "mtu", "\(bytes)"], in: client)
        try run(["ip", "link", "set", farName, "mtu", "\(bytes)"], in: server)
        if let wire {
            for side in [Side.client, .server] {
                try run(["ip", "link", "set", wireName(side), "mtu", "\(bytes)"], in: wire)
            }
        }
    }

    // MARK: - Identity

    /// The client's address goes and another one comes, as when a lease is not renewed. Returns the moment just
    /// before.
    @discardableResult
    public func changeAddress() throws -> Int64 {
        let moment = Monotonic.nanoseconds
        var commands = ""
        if families.contains(.v4) { commands += "address del \(clientV4)/24 dev \(name)\n" }
        if families.contains(.v6) { commands += "address del \(clientV6)/64 dev \(name)\n" }
        host = host == 1 ? 101 : host + 1
        precondition(host < 250, "this link has changed its address too often")
        commands += clientCommands
        try run(["ip", "-batch", "-"], in: client, input: commands)
        return moment
    }

    /// The client's end gets another name, for which it goes down and up.
    public func rename(to other: String) throws {
        try setUp(false, name, in: client)
        try run(["ip", "link", "set", name, "name", other], in: client)
        name = other
        try up()
        if lossPercent > 0 { try applyRules() }
    }

    /// The device goes, at both ends, like a USB modem that is pulled out.
    @discardableResult
    public func remove() throws -> Int64 {
        let moment = Monotonic.nanoseconds
        emulator?.stop()
        emulator = nil
        try run(["ip", "link", "del", name], in: client)
        // An emulated link is two pairs.
        if wire != nil { try run(["ip", "link", "del", farName], in: server) }
        exists = false
        isUp = false
        hasCarrier = false
        return moment
    }

    /// A new device with the same name and address, and another index.
    @discardableResult
    public func recreate() throws -> Int64 { try create() }

    /// The route to the server goes, device and address stay.
    public func loseRoute() throws {
        for address in serverAddresses { try run(["ip", "route", "del", address, "dev", name], in: client) }
    }

    /// What a DHCP client does: addresses and routes that are missing. Idempotent.
    public func configureClient() throws {
        // A device that is down takes no route; `up` comes back here.
        guard exists, isUp else { return }
        try run(["ip", "-batch", "-"], in: client, input: clientCommands)
    }

    // MARK: -

    @discardableResult
    private func create() throws -> Int64 {
        if let wire {
            try pair((name, client), (wireName(.client), wire))
            try pair((farName, server), (wireName(.server), wire))
            try setUp(true, wireName(.server), in: wire)
        } else {
            try pair((name, client), (farName, server))
        }
        exists = true
        if wire != nil || sendsWholeFrames { try sendWholeFrames() }
        if let neighbourQueueBytes {
            for (namespace, name) in [(client, name), (server, farName)] {
                try namespace.inside {
                    for family in ["ipv4", "ipv6"] {
                        let path = "/proc/sys/net/\(family)/neigh/\(name)/unres_qlen_bytes"
                        try? writeText("\(neighbourQueueBytes)", to: path)
                    }
                }
            }
        }
        try carrierBack()
        if let wire {
            emulator = try LinkEmulator(
                client: wireName(.client), server: wireName(.server), in: wire, seed: UInt64(number))
        }
        let moment = try up()
        if lossPercent > 0 { try applyRules() }
        return moment
    }

    /// `ip link add … type veth peer …`, both ends born where they belong.
    private func pair(
        _ one: (name: String, namespace: Namespace), _ other: (name: String, namespace: Namespace)
    ) throws {
        try run([
            "ip", "link", "add", one.name, "netns", one.namespace.name, "type", "veth", "peer", "name", other.name,
            "netns", other.namespace.name,
        ])
    }

    /// The emulator's end of the pair that leads to `side`; the client's own name may change, this does not.
    private func wireName(_ side: Side) -> String { side == .client ? "wc\(number)" : "ws\(number)" }

    private func configureServer() throws {
        var commands = ""
        if families.contains(.v4) { commands += "address replace \(serverV4)/24 dev \(farName)\n" }
        if families.contains(.v6) { commands += "address replace \(serverV6)/64 dev \(farName) nodad\n" }
        try run(["ip", "-batch", "-"], in: server, input: commands)
    }

    private var serverAddresses: [String] {
        (families.contains(.v4) ? ["\(Laboratory.serverV4)/32"] : [])
            + (families.contains(.v6) ? ["\(Laboratory.serverV6)/128"] : [])
    }

    private var clientCommands: String {
        var commands = ""
        if families.contains(.v4) {
            commands += """
                address replace \(clientV4)/24 dev \(name)
                route replace \(Laboratory.serverV4)/32 via \(serverV4) dev \(name) metric \(100 + number)

                """
        }
        if families.contains(.v6) {
            commands += """
                address replace \(clientV6)/64 dev \(name) nodad
                route replace \(Laboratory.serverV6)/128 via \(serverV6) dev \(name) metric \(100 + number)

                """
        }
        return commands
    }

    @discardableResult
    private func setUp(_ up: Bool, _ name: String, in namespace: Namespace) throws -> Int64 {
        try namespace.inside { try setInterface(name, up: up) }
    }
}
