// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser
import Settings
import Control
import Links
import Program
import Sockets

/// `engarde-client check [FILE]`
struct CheckClient: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say what is wrong with the file, and which links would carry traffic now.")

    @Argument(help: "The configuration file.", completion: .file(extensions: ["yml", "yaml"]))
    var file = "engarde.yml"

    func run() throws { try Self.check(ConfigurationText(reading: file)) }

    /// Prints what `check` says of the `client` section of a file.
    static func check(_ text: ConfigurationText) throws {
        let loaded = try ConfigurationReader.client(text)
        let configuration = loaded.value
        try SelfDestination.refuse(configuration, asksNames: true)
        Program.printChecked(text.file, loaded.warnings, command: configuration.onLinkChange, configuration.webManager)
        let policy = LinkPolicy(
            destination: configuration.destination, overrides: configuration.destinationOverrides,
            excluded: configuration.excludedInterfaces)
        let routes = KernelRoutes.open()
        var carrying: [String] = []
        var links: [(name: String, mtu: Int, family: IPAddress.Family)] = []
        let interfaces = try LinkMonitor.snapshot().interfaces
        for interface in interfaces {
            switch policy.judge(interface, routes: routes, resolved: { NameAnswer.systemAddresses(of: $0.host) }) {
            case .carries(let candidates):
                carrying.append(interface.name)
                links.append(("link \(interface.name)", interface.mtu, candidates[0].source.family))
                print("\(interface.name)\tcarries, \(candidates[0])")
                if let warning = ReversePathFilter.warning(interface, candidates[0], routes) {
                    print("\(interface.name)\twarning: \(warning)")
                }
            case .idle(let reason): print("\(interface.name)\tidle, \(reason)")
            case .excluded(let cause): print("\(interface.name)\t\(cause)")
            }
        }
        for warning in TunnelMTU(links: links)?.warnings(about: interfaces) ?? [] { print(warning) }
        if let advice = ClientControl.adviceOnCount(of: carrying) { print("warning: \(advice)") }
        print("\(carrying.count) links would carry traffic")
    }
}
