// SPDX-License-Identifier: GPL-2.0-or-later

import CShims.Socket
import Glibc
import Sockets
import Support
import Testing

/// The programs at work: they start, log, stop and leave their port behind.
@Suite struct ServingTests {
    private static func listening(_ name: RunningProgram.Name) -> String {
        name == .client ? "listening for WireGuard on" : "listening for clients on"
    }

    @Test(
        "SIGTERM and SIGINT stop it in order, and its port is free for the next",
        arguments: RunningProgram.Name.allCases, [SIGTERM, SIGINT])
    func stops(_ name: RunningProgram.Name, signal: Int32) throws {
        let port = try ConfigurationFixture.freePort()
        let file = try ConfigurationFixture.working(name, port: port)
        for engine in ["auto", "polling"] {  // the same port again at once
            let program = RunningProgram(name, [file.path, "--engine", engine])
            #expect(program.says("\(Self.listening(name)) 127.0.0.1:\(port)"))
            program.send(signal)
            let end = program.end()
            #expect(end.status == 0 && end.output.isEmpty)
            #expect(end.errorLines.last?.hasSuffix(" stopped") == true, "\(end.errors)")
            #expect(end.errors.contains("engine: polling") == (engine == "polling"))
        }
    }

    @Test("A second one on the same port gives up with one line", arguments: RunningProgram.Name.allCases)
    func second(_ name: RunningProgram.Name) throws {
        let port = try ConfigurationFixture.freePort()
        let file = try ConfigurationFixture.working(name, port: port)
        let first = RunningProgram(name, [file.path])
        #expect(first.says(Self.listening(name)))
        let end = RunningProgram.run(name, [file.path])
        #expect(end.status == 1 && end.output.isEmpty)
        #expect(
            end.errors
                == "cannot listen on 127.0.0.1:\(port): Address already in use; another program has this port, "
                + "find it with: ss -ulpn\n")
        first.send(SIGTERM)
        #expect(first.end().status == 0, "the first one did not mind")
    }

    @Test("No password is logged, however much is", arguments: RunningProgram.Name.allCases)
    func password(_ name: RunningProgram.Name) throws {
        let port = try ConfigurationFixture.freePort()
        let secret = "correct-horse-battery"
        let file = try ConfigurationFixture.working(
            name, port: port, "description: \"test bench\"", "webManager:", "  listenAddr: \"127.0.0.1:1\"",
            "  username: \"admin\"", "  password: \"\(secret)\"", "  passwort: \"\(secret)\"",
            "writeTimeout: 10")
        let program = RunningProgram(name, [file.path, "--log-level", "trace"])
        #expect(program.says(Self.listening(name)))
        program.send(SIGTERM)
        let end = program.end()
        #expect(end.status == 0)
        #expect(end.errors.contains("test bench") && end.errors.contains("writeTimeout has nothing to do"))
        #expect(end.errors.contains(":9:5: warning: "), "the misspelt key is warned of")
        #expect(!end.errors.contains(secret) && !end.output.contains(secret))
        #expect(!RunningProgram.run(name, ["check", file.path]).output.contains(secret))
    }

    @Test("A server whose WireGuard has no address yet says so once and goes on")
    func unresolved() throws {
        let port = try ConfigurationFixture.freePort()
        let file = try ConfigurationFixture(
            """
            server:
              listenAddr: "127.0.0.1:\(port)"
              dstAddr: "no-such-host.invalid:51820"
            """)
        let program = RunningProgram(.server, [file.path])
        #expect(program.says("no-such-host.invalid is not resolved"))
        // It is asked for again after a second.
        usleep(2_500_000)
        program.send(SIGTERM)
        let end = program.end()
        #expect(end.status == 0)
        let lines = end.errors.split(separator: "\n").filter { $0.contains("no-such-host.invalid is not resolved") }
        #expect(lines.count == 1, "\(end.errors)")
    }

    /// A descriptor the program opens must not become its standard error: the log would go out to the network.
    @Test(
        "Without standard streams the log does not end up in a socket",
        arguments: RunningProgram.Name.allCases)
    func closedStreams(_ name: RunningProgram.Name) throws {
        let far = try UDPSocket.open(.v4)
        try far.bind(to: SocketAddress(IPAddress("127.0.0.1")!, port: 0))
        let port = try ConfigurationFixture.freePort()
        let section = name == .client ? "client" : "server"
        let file = try ConfigurationFixture(
            """
            \(section):
              listenAddr: "127.0.0.1:\(port)"
              dstAddr: "127.0.0.1:\(far.localAddress.port)"
              logLevel: trace
            """)
        let program = RunningProgram(name, [file.path, "--engine", "polling"], closed: [0, 1, 2])
        #expect(Self.isListening(port) && program.isHandling(SIGTERM))
        var sockets: [String] = []
        for stream in 0...2 { sockets.append(program.target(of: stream) ?? "closed") }
        #expect(sockets.allSatisfy { $0 == "/dev/null" }, "\(sockets)")
        #expect(program.stop(SIGTERM).status == 0)
        var byte: UInt8 = 0
        #expect(
            recv(far.descriptor, &byte, 1, Int32(truncatingIfNeeded: MSG_DONTWAIT)) < 0, "the log was sent")
    }

    private static func isListening(_ port: UInt16) -> Bool {
        let deadline = Monotonic.deadline(seconds: Patience.seconds)
        while Monotonic.nanoseconds < deadline {
            if let probe = try? UDPSocket.open(.v4),
                (try? probe.bind(to: SocketAddress(IPAddress("127.0.0.1")!, port: port))) == nil
            {
                return true
            }
            usleep(5_000)
        }
        return false
    }

    @Test("A datagram passes through the server's process and back")
    func relays() throws {
        let wireGuard = try UDPSocket.open(.v4)
        try wireGuard.bind(to: SocketAddress(IPAddress("127.0.0.1")!, port: 0))
        let port = try ConfigurationFixture.freePort()
        let file = try ConfigurationFixture(
            """
            server:
              listenAddr: "127.0.0.1:\(port)"
              dstAddr: "127.0.0.1:\(wireGuard.localAddress.port)"
              protocol: opaque
            """)
        let program = RunningProgram(.server, [file.path])
        #expect(program.says("WireGuard is at"))
        let client = try UDPSocket.open(.v4)
        try client.connect(to: SocketAddress(IPAddress("127.0.0.1")!, port: port))
        #expect(send(client.descriptor, "ping", 4, 0) == 4)
        var wanted = pollfd(fd: wireGuard.descriptor, events: Int16(POLLIN), revents: 0)
        #expect(poll(&wanted, 1, Patience.milliseconds) == 1)
        let (bytes, source) = receive(wireGuard.descriptor)
        #expect(bytes == Array("ping".utf8))
        try wireGuard.connect(to: source)
        #expect(send(wireGuard.descriptor, "pong!", 5, 0) == 5)
        wanted.fd = client.descriptor
        #expect(poll(&wanted, 1, Patience.milliseconds) == 1)
        #expect(receive(client.descriptor).bytes == Array("pong!".utf8))
        program.send(SIGTERM)
        #expect(program.end().status == 0)
    }
}
