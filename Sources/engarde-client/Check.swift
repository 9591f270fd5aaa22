// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser
import Settings
import Control
import Links
import Program
import Sockets

/// `engarde-client check [FILE]`
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what is wrong with the file, and which links would carry traffic now.")

    @Argument(help: "The configuration file.", completion: .file(extensions: ["yml", "yaml"]))
    var file = "engarde.yml"

    func run() throws {
        let loaded = try ConfigurationReader.client(file: file)
        let configuration = loaded.value
        try SelfDestination.refuse(configuration, asksNames: true)
        Program.printChecked(file, loaded.warnings, loaded.value.webManager)
        let policy = LinkPolicy(
            destination: configuration.destination, overrides: configuration.destinationOverrides,
            excluded: configuration.excludedInterfaces)
        var carrying = 0
        for interface in try LinkMonitor.snapshot().interfaces {
            switch policy.judge(interface, resolved: { NameAnswer.systemAddresses(of: $0.host) }) {
            case .carries(let source, let destination):
                carrying += 1
                print("\(interface.name)\tcarries, from \(source) to \(destination)")
            case .idle(let reason): print("\(interface.name)\tidle, \(reason)")
            case .excluded(let cause): print("\(interface.name)\t\(cause)")
            }
        }
        print("\(carrying) links would carry traffic")
    }
}
