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
    public let program: Program?
    public var isKernel: Bool { program == nil }

    /// Where `wireguard-go` puts its control sockets.
    static let socketFolder = "/var/run/wireguard"
    private var socketPath: String { "\(Self.socketFolder)/\(name).sock" }
    private var cleanup: Int?

    init(in namespace: Namespace, label: String, address: String, port: Int? = nil) throws {
        self.namespace = namespace
        let number = Self.count.add(1, ordering: .relaxed).newValue
        let name = "eg" + label + String(getpid(), radix: 16) + "x" + String(number, radix: 16)
        self.name = name
        let privateKey = try run(["wg", "genkey"])
        publicKey = try run(["wg", "pubkey"], input: privateKey + "\n")

        if (try? run(["ip", "link", "add", name, "type", "wireguard"], in: namespace)) != nil {
            program = nil
        } else {
            let path = "\(Self.socketFolder)/\(name).sock"
            cleanup = Cleanup.register { unlink(path) }
            // Ahead of everybody else where that is allowed: its receive queue is short, and what it loses while it
            // waits for a processor would be charged to engarde.
            let program = try Program(
                ["nice", "-n", "-15", "wireguard-go", name], in: namespace,
                environment: ["WG_PROCESS_FOREGROUND": "1", "LOG_LEVEL": "error"])
            self.program = program
            let listens = Monotonic.wait(seconds: 5) { access(path, F_OK) == 0 || program.status != nil }
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
    }

    deinit { stop() }

    func meet(_ peer: String, allowed: String, endpoint: String? = nil, keepalive: Int = 0) throws {
        var settings = ["wg", "set", name, "peer", peer, "allowed-ips", allowed]
        if let endpoint { settings += ["endpoint", endpoint] }
        if keepalive > 0 { settings += ["persistent-keepalive", "\(keepalive)"] }
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
