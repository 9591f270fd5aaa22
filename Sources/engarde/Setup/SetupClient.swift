// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser
import Control
import Host
import Settings
import Setup

/// `engarde setup client [BUNDLE]`
struct SetupClient: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "client", abstract: "Set this machine up as a client, by a server's bundle.")

    @Argument(
        help:
            "The bundle that engarde setup server or engarde client add has written; - reads it from the standard input.",
        completion: .file(extensions: ["bundle"]))
    var bundle: String?

    @Option(help: "The interfaces to use, separated by commas. Without it all of them, also those that come later.")
    var links: String?

    @Flag(inversion: .prefixedNo, help: "Send everything through the tunnel.")
    var fullTunnel: Bool?

    @OptionGroup var options: PlanOptions

    func run() async throws {
        try PlanOptions.needRoot("setup client")
        let host = Host()
        let lock = try await options.lock()
        defer { withExtendedLifetime(lock) {} }
        let bundle = try read(host)
        let interview = try Interview(
            saysYes: options.asksNothing, flags: "--links, --full-tunnel or --no-full-tunnel")
        try await Requirements.check(host, role: .client, needsFirewall: false, isDryRun: options.dryRun)
        let known = try SetupRecord.read(host.files)
        try Requirements.checkFiles(host, known, role: .client)
        let (uplinks, others) = try Uplink.all(to: bundle.servers) { NameAnswer.systemAddresses(of: $0.host) }
        show(uplinks, others)
        guard !uplinks.isEmpty else {
            throw SetupFailure("no interface would carry datagrams to \(bundle.servers[0]): engarde list-interfaces")
        }
        let answers = try await answers(host, interview, uplinks, known?.client)
        let making = try await ClientPlan(host, answers, bundle, uplinks)
        guard !making.chosen.isEmpty else {
            throw SetupFailure(
                "none of the links chosen before, \((answers.links ?? []).joined(separator: ", ")), would carry now: "
                    + "choose others by --links, or --links all")
        }
        if let warning = making.warning { print("  warn \(warning)") }
        guard try await options.carryOut(making.plan(), host, interview) else { return }
        try await ClientProof(host, bundle, making.chosen.map(\.name)).print()
    }

    /// The bundle given, else the one of an earlier run.
    private func read(_ host: Host) throws -> ClientBundle {
        let path = bundle == "-" ? "/dev/stdin" : bundle ?? Places.bundle
        guard let text = try host.files.read(path) else {
            throw SetupFailure(
                bundle == nil
                    ? "no bundle: engarde setup client BUNDLE, with what engarde setup server has written"
                    : "\(path): no such file")
        }
        return try ClientBundle(text: text, file: bundle == "-" ? "standard input" : path)
    }

    private func show(_ uplinks: [Uplink], _ others: [(name: String, reason: String)]) {
        let would = uplinks.map(\.description).joined(separator: ", ")
        let not = others.map { "\($0.name) (\($0.reason))" }.joined(separator: ", ")
        print("  Links that would carry: \(would.isEmpty ? "none" : would)\(not.isEmpty ? "" : " · not: \(not)")")
    }

    private func answers(
        _ host: Host, _ interview: Interview, _ uplinks: [Uplink], _ known: ClientAnswers?
    ) async throws -> ClientAnswers {
        let ports = await Ports.read(host)
        let fullTunnel = try interview.agrees(
            "Route everything through the tunnel?", given: fullTunnel, usual: known?.fullTunnel ?? false,
            flag: "--full-tunnel")
        return ClientAnswers(
            links: try LinkChoice(of: uplinks.map(\.name), known: known?.links).ask(interview, given: links),
            fullTunnel: fullTunnel,
            listenPort: known?.listenPort ?? ports.free(.udp, from: 59401),
            pagePort: known?.pagePort ?? ports.free(.tcp, from: 9001))
    }
}
