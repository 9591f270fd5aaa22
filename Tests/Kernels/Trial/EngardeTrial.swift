// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser
import Glibc
import Support

/// Starts and stops both programs over and over, and has links come and go, on the kernel that runs.
@main
struct EngardeTrial: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engarde-trial",
        abstract: "Tries on this kernel what depends on it: start, stop, and links that come and go.",
        discussion: """
            Everything happens in network namespaces of its own. The exit status is 0 only if each program ended in time \
            when asked to, no ping was lost while a link lived, and no socket was left over.
            """)

    @Option(help: "The client program. Default: engarde beside this one.")
    var client = Environment.engarde("engarde-client")

    @Option(help: "The server program. Default: engarde beside this one.")
    var server = Environment.engarde("engarde-server")

    @Option(help: "auto, io_uring or polling, for both programs.")
    var engine = "auto"

    @Option(help: "How often each thing happens.")
    var events = 30

    @Flag(help: "Starts and stops only.")
    var stopsOnly = false

    func validate() throws {
        guard events > 0 else { throw ValidationError("--events wants a number above 0") }
    }

    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        Leftovers.remove()
        if let obstacle = Privileges.obstacle { throw ValidationError("no network can be built here: \(obstacle)") }
        defer { Cleanup.runAll() }
        let trial = try Trial(self)
        try trial.stopIdle()
        try trial.meet()
        try trial.stopUnderTraffic()
        if !stopsOnly {
            try trial.flap()
            try trial.changeAddresses()
            try trial.exclude()
        }
        try trial.leave()
        if trial.faultCount > 0 { throw ExitCode(1) }
    }
}
