// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser
import Settings
import Links
import Sockets

/// `engarde list-interfaces`
struct ListInterfaces: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list-interfaces", abstract: "Print every interface with the address that would be used.")

    func run() throws {
        // Without a file every interface is judged as if the destination had both families.
        let policy = LinkPolicy(destination: HostPort(host: "server", port: 1))
        for interface in try LinkMonitor.snapshot().interfaces {
            print("\(interface.name)\t\(policy.displayAddress(interface)?.description ?? "no usable address")")
        }
    }
}
