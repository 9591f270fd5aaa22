// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser
import Settings
import Control
import Links
import Program
import Sockets

/// `engarde-server check [FILE]`
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what is wrong with the file, and whether WireGuard's address is known.")

    @Argument(help: "The configuration file.", completion: .file(extensions: ["yml", "yaml"]))
    var file = "engarde.yml"

    func run() throws {
        let loaded = try ConfigurationReader.server(file: file)
        let destination = loaded.value.destination
        try SelfDestination(listen: loaded.value.listenAddress)
            .refuse(destination, key: "dstAddr", section: "server", asksNames: true)
        Program.printChecked(
            file, loaded.warnings, command: loaded.value.onLinkChange, loaded.value.webManager)
        let addresses = NameAnswer.systemAddresses(of: destination.host).map(\.description)
        let interfaces = (try? LinkMonitor.snapshot().interfaces) ?? []
        for warning in TunnelMTU.ofThePublicInternet.warnings(about: interfaces) { print(warning) }
        print("WireGuard at \(destination): \(addresses.isEmpty ? "not resolved" : addresses.joined(separator: ", "))")
    }
}
