// SPDX-License-Identifier: GPL-2.0-or-later

public import Host

/// The ports that are in use on this machine.
public struct Ports: Sendable {
    /// By transport and number, the program that has it, as far as it may be known.
    private var owners: [String: String] = [:]

    public enum Transport: String, Sendable { case udp, tcp }

    /// Reads the sockets of this machine.
    public static func read(_ host: Host) async -> Ports {
        var ports = Ports()
        for (transport, flag) in [(Transport.udp, "-Hulpn"), (.tcp, "-Htlpn")] {
            ports.add(await host.run("ss", flag).output, transport)
        }
        return ports
    }

    /// Reads the lines of `ss`: state, two queues, own address, the peer's, and perhaps `users:(("name",pid=1,fd=3))`.
    mutating func add(_ text: String, _ transport: Transport) {
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count >= 5, let port = fields[3].split(separator: ":").last.flatMap({ UInt16($0) }) else {
                continue
            }
            let owner = line.split(separator: "\"").dropFirst().first.map(String.init)
            owners["\(transport.rawValue)\(port)"] = owner ?? "the kernel or a program that cannot be seen"
        }
    }

    /// The program that has a port; nil when it is free.
    public func owner(_ transport: Transport, _ port: UInt16) -> String? { owners["\(transport.rawValue)\(port)"] }

    /// The first free port from `port` on.
    ///
    /// - Parameter taken: one that somebody is about to have.
    public func free(_ transport: Transport, from port: UInt16, besides taken: UInt16? = nil) -> UInt16 {
        (port...UInt16.max).first { owner(transport, $0) == nil && $0 != taken } ?? port
    }
}
