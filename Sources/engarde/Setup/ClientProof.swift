// SPDX-License-Identifier: GPL-2.0-or-later

import ControlClient
import Host
import Program
import Settings
import Setup
import Status
import WebManager

/// Shows that a client's tunnel lives, over which links, and that full-size packets pass.
struct ClientProof {
    private let host: Host
    private let bundle: ClientBundle
    private let links: [String]

    init(_ host: Host, _ bundle: ClientBundle, _ links: [String]) {
        self.host = host
        self.bundle = bundle
        self.links = links
    }

    /// - Throws: when the tunnel does not live.
    func print() async throws {
        let before = await peer()
        let isKnown = before?.lastHandshake != nil
        // A client that has had a handshake begins another one after 15 s without answer, when the server has
        // forgotten it.
        let seconds = isKnown ? 30 : 15
        let begin = ContinuousClock.now
        // Something has to be sent for WireGuard to begin. The end of this function cancels it, and waits for its end.
        async let _ = host.run(
            "ping", "-q", "-c", "\(seconds * 5)", "-i", "0.2", "-W", "1", bundle.serverAddresses[0])
        guard await Waiting(seconds: seconds).until({ await hasAnswered(since: before) }) else {
            let what = isKnown ? "nothing comes from" : "no handshake with"
            throw SetupFailure(
                "\(what) the server within \(seconds) s: is UDP port \(bundle.servers[0].port) open there, at the "
                    + "provider's firewall too? More: engarde doctor")
        }
        let milliseconds = (ContinuousClock.now - begin) / .milliseconds(1)
        Swift.print("ok   \(isKnown ? "answer" : "handshake") in \(Int(milliseconds.rounded())) ms")
        try await printLinks()
        await printSize()
    }

    /// A handshake of long ago tells nothing: something has to come now.
    private func hasAnswered(since before: WireGuardDevice.Peer?) async -> Bool {
        guard let now = await peer(), now.lastHandshake != nil else { return false }
        return now.receivedBytes > (before?.receivedBytes ?? 0)
    }

    private func peer() async -> WireGuardDevice.Peer? {
        (try? await TunnelPeers.all(host))?.first { $0.publicKey == bundle.serverPublicKey }
    }

    /// The server answers over a link only if it was heard over it: what comes back shows both directions.
    private func printLinks() async throws {
        var silent = links
        _ = await Waiting(seconds: 10).until {
            silent = (try? await silentLinks()) ?? links
            return silent.isEmpty
        }
        let good = links.count - silent.count
        let words =
            "copies arrive over \(good) of \(links.count) \(links.count == 1 ? "link" : "links"), both directions"
        if silent.isEmpty { return Swift.print("ok   \(words)") }
        Swift.print("warn \(words); nothing comes over \(silent.joined(separator: ", ")): engarde doctor")
    }

    private func silentLinks() async throws -> [String] {
        let socket = ControlSocket.usualPath(for: Role.client.rawValue)
        guard case .client(let status, _) = try await ControlClient(path: socket).status() else {
            return links
        }
        return links.filter { name in
            let link = status.links.first { $0.name == name }
            return link?.lastReceivedSeconds == nil || link?.state.isInFanOut != true
        }
    }

    private func printSize() async {
        let size = await mtu() ?? bundle.mtu
        // Less the headers of IPv4 and ICMP.
        let outcome = await host.run(
            "ping", "-q", "-M", "do", "-s", "\(size - 28)", "-c", "5", "-i", "0.2", "-W", "2", bundle.serverAddresses[0]
        )
        if outcome.status == CommandOutcome.notFoundStatus {
            Swift.print("warn there is no ping to try \(size)-byte packets with: apt-get install iputils-ping")
        } else if outcome.succeeded {
            Swift.print("ok   \(size)-byte packets pass whole")
        } else {
            Swift.print(
                "warn \(size)-byte packets do not pass: a smaller MTU in \(Places.wireGuard) may help; engarde doctor")
        }
    }

    private func mtu() async -> Int? {
        (try? host.files.read("/sys/class/net/\(Places.tunnel)/mtu")).flatMap { Int($0.filter(\.isNumber)) }
    }
}
