// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser
import Program

/// `engarde`, everything under one name.
struct Engarde: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engarde",
        abstract: "Carries WireGuard over every uplink at once: the first copy of a datagram wins.",
        usage: """
            engarde setup server | setup client BUNDLE | uninstall
            engarde client|server [FILE] [--engine ENGINE] [--log-level LEVEL]
            engarde status [--watch | --json]
            engarde client add|show|list|remove NAME
            engarde doctor [FILE] [--fix]
            engarde link exclude|include NAME
            engarde check [FILE]
            engarde list-interfaces
            engarde --example | --version | --help
            """,
        discussion: """
            The client sends each datagram WireGuard emits over every link; the server hands the first copy to its \
            WireGuard, and answers over every link the client was heard from. Without FILE they read engarde.yml in \
            the working directory.
            """,
        subcommands: [
            SetupCommand.self, UninstallCommand.self, DoctorCommand.self, Client.self, Server.self, StatusCommand.self, LinkCommand.self, Check.self,
            ListInterfaces.self,
        ])

    @OptionGroup var answers: AnswerFlags

    func run() throws {
        if !answers.answer(name: "engarde") { throw CleanExit.helpRequest(self) }
    }
}
