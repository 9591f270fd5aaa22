// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser
import Program

@main
struct EngardeServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engarde-server",
        abstract: "Hands clients' datagrams to WireGuard and answers over every path.",
        subcommands: [Run.self, Check.self],
        defaultSubcommand: Run.self)

    static func main() async { await Program.main(Self.self) }
}
