// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser
import Host
import Settings
import Setup

/// `engarde client show NAME`
struct ShowClient: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "On a server: print a client's bundle.")

    @Argument(help: "The client's name.") var name: String
    @Flag(help: "Print it as a QR code in the terminal, by qrencode.") var qr = false
    @OptionGroup var output: BundleOutput

    func validate() throws {
        guard !qr || output.output == nil else { throw ValidationError("--qr and --output do not go together") }
    }

    func run() async throws {
        try PlanOptions.needRoot("client show \(name)")
        let server = try await ThisServer()
        let bundle = try server.client(name)
        guard qr else { return try output.write(bundle) }
        let outcome = await server.host.commands.run(Command(["qrencode", "-t", "ansiutf8"], input: bundle.text))
        if outcome.status == CommandOutcome.notFoundStatus {
            throw SetupFailure("qrencode is missing: apt-get install qrencode")
        }
        guard outcome.succeeded else { throw SetupFailure("qrencode: \(outcome.complaint)") }
        print(outcome.output, terminator: "")
    }
}
