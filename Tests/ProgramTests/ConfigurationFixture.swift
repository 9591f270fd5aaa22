// SPDX-License-Identifier: GPL-2.0-or-later

import Sockets
import Support

/// A file for a program, removed with its last use.
final class ConfigurationFixture {
    private let folder: TemporaryFolder
    let path: String

    init(_ text: String) throws {
        folder = try TemporaryFolder()
        path = try folder.write(text, to: "engarde.yml")
    }

    /// What a program needs to run, on a port of its own of 127.0.0.1; `more` lines are added to the section.
    static func working(_ name: RunningProgram.Name, port: UInt16, _ more: String...) throws
        -> ConfigurationFixture
    {
        let lines = more.map { "  \($0)\n" }.joined()
        let section = name == .client ? "client" : "server"
        return try ConfigurationFixture(
            "\(section):\n  listenAddr: \"127.0.0.1:\(port)\"\n  dstAddr: \"127.0.0.1:9\"\n\(lines)")
    }

    /// The same on an address of its own: a port that is free may be another test's before the program has it.
    static func alone(_ name: RunningProgram.Name, _ more: String...) throws -> ConfigurationFixture {
        let address = (0..<3).reduce("127") { text, _ in "\(text).\(UInt8.random(in: 2...254))" }
        let lines = more.map { "  \($0)\n" }.joined()
        let section = name == .client ? "client" : "server"
        return try ConfigurationFixture(
            "\(section):\n  listenAddr: \"\(address):59401\"\n  dstAddr: \"127.0.0.1:9\"\n\(lines)")
    }

    /// A port nobody has at the moment.
    static func freePort() throws -> UInt16 {
        let socket = try UDPSocket.open(.v4)
        try socket.bind(to: SocketAddress(IPAddress("127.0.0.1")!, port: 0))
        return socket.localAddress.port
    }
}
