// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Sockets

/// A file for a program, removed with its last use.
final class ConfigurationFixture {
    let path: String

    init(_ text: String) {
        path = "/tmp/engarde-test-\(getpid())-\(UInt64.random(in: 0 ... .max)).yml"
        let bytes = Array(text.utf8)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        precondition(descriptor >= 0 && write(descriptor, bytes, bytes.count) == bytes.count)
        close(descriptor)
    }

    deinit { unlink(path) }

    /// What a program needs to run, on a port of its own of 127.0.0.1; `more` lines are added to the section.
    static func working(_ name: RunningProgram.Name, port: UInt16, _ more: String...) -> ConfigurationFixture {
        let lines = more.map { "  \($0)\n" }.joined()
        let section = name == .client ? "client" : "server"
        return ConfigurationFixture(
            "\(section):\n  listenAddr: \"127.0.0.1:\(port)\"\n  dstAddr: \"127.0.0.1:9\"\n\(lines)")
    }

    /// A port nobody has at the moment.
    static func freePort() throws -> UInt16 {
        let socket = try UDPSocket.open(.v4)
        try socket.bind(to: SocketAddress(IPAddress("127.0.0.1")!, port: 0))
        return socket.localAddress.port
    }
}
