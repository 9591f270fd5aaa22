// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser
import Settings
import Control
import Links
import Program
import Sockets

/// `engarde-server check [FILE]`
struct CheckServer: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say what is wrong with the file, and whether WireGuard's address is known.")

    @Argument(help: "The configuration file.", completion: .file(extensions: ["yml", "yaml"]))
    var file = "engarde.yml"

    func run() throws { try Self.check(ConfigurationText(reading: file)) }

    /// Prints what `check` says of the `server` section of a file.
    static func check(_ text: ConfigurationText) throws {
        let loaded = try ConfigurationReader.server(text)
        let destination = loaded.value.destination
        try SelfDestination(listen: loaded.value.listenAddress)
            .refuse(destination, key: "dstAddr", section: "server", asksNames: true)
        Program.printChecked(
            text.file, loaded.warnings, command: loaded.value.onLinkChange, loaded.value.webManager)
        let addresses = NameAnswer.systemAddresses(of: destination.host).map(\.description)
        let interfaces = (try? LinkMonitor.snapshot().interfaces) ?? []
        for warning in TunnelMTU.ofThePublicInternet.warnings(about: interfaces) { print(warning) }
        print("WireGuard at \(destination): \(addresses.isEmpty ? "not resolved" : addresses.joined(separator: ", "))")
    }
}
