// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser
import ControlClient
import Program
import WebManager

/// `engarde link`
struct LinkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "link",
        abstract: "Take a link out of the running client, or put it back.",
        discussion: "A change lasts until the client ends or `engarde link reset` undoes it; the file stays as it is.",
        subcommands: [Exclude.self, Include.self, Reset.self])

    struct Exclude: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Send nothing over a link any more.")

        @Argument(help: "The network interface.") var name: String
        @Flag(help: "Exclude it even when it is the last link that carries.") var force = false
        @OptionGroup var client: ClientSocketOption

        func run() async throws { try await client.ask(.exclude(name, force: force)) }
    }

    struct Include: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Use a link again.")

        @Argument(help: "The network interface.") var name: String
        @OptionGroup var client: ClientSocketOption

        func run() async throws { try await client.ask(.include(name)) }
    }

    struct Reset: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Use the links that the file says, as after a start.")

        @OptionGroup var client: ClientSocketOption

        func run() async throws { try await client.ask(.reset) }
    }
}

/// The client's control socket.
struct ClientSocketOption: ParsableArguments {
    @Option(help: "The client's control socket.", completion: .file(extensions: ["sock"]))
    var socket = ControlSocket.usualPath(for: "client")

    func ask(_ change: ExclusionChange) async throws { try await ControlClient(path: socket).change(change) }
}
