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
        for warning in loaded.warnings { print(warning) }
        let named = NamedFiles.warnings(command: loaded.value.onLinkChange, webManager: loaded.value.webManager)
        for warning in named { print(warning) }
        print("\(file): good, \(loaded.warnings.count + named.count) warnings")
        let destination = loaded.value.destination
        let addresses = NameAnswer.systemAddresses(of: destination.host).map(\.description)
        let interfaces = (try? LinkMonitor.snapshot().interfaces) ?? []
        for warning in TunnelMTU.ofThePublicInternet.warnings(about: interfaces) { print(warning) }
        print("WireGuard at \(destination): \(addresses.isEmpty ? "not resolved" : addresses.joined(separator: ", "))")
    }
}
