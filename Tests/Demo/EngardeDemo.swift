// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser
import Glibc
import Support

/// Shows what engarde is for: a tunnel that feels nothing while the links under it come and go.
@main
struct EngardeDemo: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engarde-demo",
        abstract: "Takes the links under a real WireGuard tunnel away one after another, and counts what it felt.",
        discussion: """
            Everything happens in network namespaces of its own, which go when it ends. The exit status is 0 only \
            if no ping was lost while at least one link lived and every living link carried copies.
            """)

    @Option(help: "The client program. Default: engarde beside this one.")
    var client = Environment.engarde("engarde-client")

    @Option(help: "The server program. Default: engarde beside this one.")
    var server = Environment.engarde("engarde-server")

    @Option(help: "auto, io_uring or polling, for both programs.")
    var engine = "auto"

    @Option(help: "Seconds between pings.")
    var pingsInterval = 0.002

    @Option(help: "Seconds a phase lasts; there are 17.")
    var phaseSeconds = 2.0

    @Option(help: "The TCP stream's limit in Mbit/s; 0 for no stream.")
    var rate = 10

    func validate() throws {
        for path in [client, server] where Environment.find(path) == nil {
            throw ValidationError("\(path) is not there; build it with `make build`, or name it")
        }
        guard pingsInterval > 0 else { throw ValidationError("--pings-interval wants a number above 0") }
        guard phaseSeconds >= 0.5 else { throw ValidationError("--phase-seconds wants 0.5 or more") }
    }

    func run() throws {
        // A reader that goes away must not keep us from cleaning up.
        signal(SIGPIPE, SIG_IGN)
        let pages = Pages.open()
        if geteuid() != 0 { try UserNamespace.enter() }
        let leftovers = Leftovers.remove()
        if !leftovers.isEmpty { print("removed what a killed run left: \(leftovers.joined(separator: " "))") }
        if let obstacle = Privileges.obstacle {
            fail("engarde-demo cannot build its two machines: \(obstacle)")
        }
        do {
            let passed = try Demonstration(self, pages).run()
            Cleanup.runAll()
            if !passed { throw ExitCode(1) }
        } catch let failure as LaboratoryFailure {
            Cleanup.runAll()
            fail("engarde-demo: \(failure)")
        }
    }
}

/// One line to standard error, and exit status 1.
func fail(_ text: String) -> Never {
    let bytes = Array((text + "\n").utf8)
    fflush(nil)
    _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    exit(1)
}
