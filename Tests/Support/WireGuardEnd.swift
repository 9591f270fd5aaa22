// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Synchronization

/// One WireGuard interface in a namespace.
public final class WireGuardEnd {
    private static let count = Atomic<Int>(0)

    public let namespace: Namespace
    /// Unique on this machine, not only in the namespace: `wireguard-go` names its control socket after it.
    public let name: String
    public let publicKey: String
    /// The user space process, nil when the kernel does the work.
    public private(set) var program: Program?
    public private(set) var isKernel = false

    /// Where `wireguard-go` puts its control sockets.
    static let socketFolder = "/var/run/wireguard"
    private var socketPath: String { "\(Self.socketFolder)/\(name).sock" }
    private var cleanup: Int?
    private let privateKey: String
    private let address: String
    private let port: Int?
    /// The words of `wg set` that made each peer known, by public key.
    private var peers: [String: [String]] = [:]

    init(in namespace: Namespace, label: String, address: String, port: Int? = nil) throws {
        self.namespace = namespace
        let number = Self.count.add(1, ordering: .relaxed).newValue
        let name = "eg" + label + String(getpid(), radix: 16) + "x" + String(number, radix: 16)
        self.name = name
        privateKey = try run(["wg", "genkey"])
        publicKey = try run(["wg", "pubkey"], input: privateKey + "\n")
        self.address = address
        self.port = port
        try start()
    }

    deinit { stop() }

    private func start() throws {
        if (try? run(["ip", "link", "add", name, "type", "wireguard"], in: namespace)) != nil {
            isKernel = true
        } else {
            let path = socketPath
            cleanup = Cleanup.register { unlink(path) }
            // Ahead of everybody else where that is allowed: its receive queue is short, and what it loses while it
            // waits for a processor would be charged to engarde.
            let program = try Program(
                ["nice", "-n", "-15", "wireguard-go", name], in: namespace,
                environment: ["WG_PROCESS_FOREGROUND": "1", "LOG_LEVEL": "error"])
            self.program = program
            let listens = Monotonic.wait { access(path, F_OK) == 0 || program.status != nil }
            guard listens, program.status == nil else {
                throw LaboratoryFailure("wireguard-go does not start: \(program.text(.error))")
            }
        }
        var settings = ["wg", "set", name, "private-key", "/dev/stdin"]
        if let port { settings += ["listen-port", "\(port)"] }
        try run(settings, in: namespace, input: privateKey + "\n")
        try run(
            ["ip", "-batch", "-"], in: namespace,
            input: """
                address add \(address) dev \(name)
                link set \(name) mtu \(WireGuardTunnel.mtu) up

                """)
        for settings in peers.values { try run(settings, in: namespace) }
    }

    /// Ends it and starts it with the same keys, port and peers, but without any session or learned endpoint.
    public func restart() throws {
        stop()
        if isKernel { try run(["ip", "link", "del", name], in: namespace) }
        try start()
    }

    /// Forgets a peer and meets it again, as a change of its settings may: the session goes, the tunnel stays up.
    ///
    /// - Parameter endpoint: where the peer is, if that is to be known before it speaks.
    public func meetAgain(_ peer: String, endpoint: String? = nil) throws {
        guard let settings = peers[peer] else { throw LaboratoryFailure("\(name) has never met \(peer)") }
        try run(["wg", "set", name, "peer", peer, "remove"], in: namespace)
        try run(settings, in: namespace)
        if let endpoint { try run(["wg", "set", name, "peer", peer, "endpoint", endpoint], in: namespace) }
    }

    /// Where each peer was last heard from, `host:port` by public key; peers never heard are left out.
    public func endpoints() throws -> [String: String] {
        var endpoints: [String: String] = [:]
        for line in try run(["wg", "show", name, "endpoints"], in: namespace).split(separator: "\n") {
            let words = line.split(separator: "\t")
            if words.count == 2, words[1] != "(none)" { endpoints[String(words[0])] = String(words[1]) }
        }
        return endpoints
    }

    /// When the last handshake with each peer was, seconds since 1970, by public key; 0 for never.
    public func latestHandshakes() throws -> [String: Int] {
        var moments: [String: Int] = [:]
        for line in try run(["wg", "show", name, "latest-handshakes"], in: namespace).split(separator: "\n") {
            let words = line.split(separator: "\t")
            if words.count == 2 { moments[String(words[0])] = Int(words[1]) }
        }
        return moments
    }

    func meet(_ peer: String, allowed: String, endpoint: String? = nil, keepalive: Int = 0) throws {
        var settings = ["wg", "set", name, "peer", peer, "allowed-ips", allowed]
        if let endpoint { settings += ["endpoint", endpoint] }
        if keepalive > 0 { settings += ["persistent-keepalive", "\(keepalive)"] }
        peers[peer] = settings
        try run(settings, in: namespace)
    }

    /// Moves it to another UDP port, as a restart without a fixed port does.
    public func listen(port: Int) throws { try run(["wg", "set", name, "listen-port", "\(port)"], in: namespace) }

    /// What `wg show` says, which never includes a private key.
    public func show() throws -> String { try run(["wg", "show", name], in: namespace) }

    /// Datagrams its own UDP socket threw away because WireGuard did not keep up; not engarde's doing.
    public func drops() throws -> Int {
        let port = Int(try run(["wg", "show", name, "listen-port"], in: namespace)) ?? 0
        return try namespace.udpSockets().filter { $0.port == port }.reduce(0) { $0 + $1.drops }
    }

    public func stop() {
        guard let cleanup else { return }
        self.cleanup = nil
        program?.stop()
        unlink(socketPath)
        Cleanup.unregister(cleanup)
    }

    /// Whether `name` is a control socket of ours whose process is gone.
    static func isDead(socket name: String) -> Bool {
        let parts = name.split(whereSeparator: { $0 == "x" || $0 == "." })
        guard name.hasPrefix("egc") || name.hasPrefix("egs"), parts.count == 3, parts[2] == "sock",
            let pid = pid_t(parts[0].dropFirst(3), radix: 16)
        else { return false }
        return kill(pid, 0) != 0 && errno == ESRCH
    }
}
