// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser
import ControlClient
import Host
import Setup

/// `engarde status`
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Say how the tunnel and each of its links are.",
        discussion: """
            The exit status is 0 when every link that ought to carry does, 3 when fewer do, and 1 when the tunnel is \
            down or no program runs. A link ought to carry when interfaceLabels or dstOverrides name it, or when it has \
            carried since the program started, unless it is excluded.
            """)

    @OptionGroup var sockets: SocketOption

    @Flag(help: "Print what the program's API says, as JSON.")
    var json = false

    @Flag(help: "Keep showing it; in a terminal, keys exclude and include links.")
    var watch = false

    @Option(help: "Seconds from one look to the next, with --watch.")
    var interval = 1.0

    @Flag(help: "Show interfaces that are not links as well.")
    var all = false

    func validate() throws {
        guard interval >= 0.1 else { throw ValidationError("--interval wants 0.1 or more") }
        guard !(json && watch) else { throw ValidationError("--json and --watch do not go together") }
    }

    func run() async throws {
        if watch { return try await StatusWatch(paths: sockets.paths, interval: interval, showsAll: all).run() }
        var worst = StatusReport.Verdict.good
        for (index, path) in sockets.paths.enumerated() {
            let status = try await ControlClient(path: path).status()
            let report = await StatusReport(status, showsAll: all)
            worst = max(worst, report.verdict)
            if json {
                print(String(decoding: status.json, as: UTF8.self))
            } else {
                if index > 0 { print("") }
                for line in report.lines { print(line) }
            }
        }
        if worst != .good { throw ExitCode(worst.rawValue) }
    }
}

extension StatusReport {
    init(_ status: AnyStatus, showsAll: Bool) async {
        switch status {
        case .client(let status, _): self.init(status, showsAll: showsAll)
        case .server(let status, _): self.init(status, names: await ClientNames.byPort(Host()))
        }
    }
}
