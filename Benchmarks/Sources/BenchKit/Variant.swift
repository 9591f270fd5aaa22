// SPDX-License-Identifier: GPL-2.0-or-later

internal import Support

/// A pair of relays that can be put on the bench.
package struct Variant: Sendable {
    package let name: String
    /// Command lines in which `{file}` stands for a configuration file that the bench writes and `{links}`
    /// for the client's links as `NAME=ADDRESS` words.
    package let client: [String]
    package let server: [String]

    package init(name: String, client: [String], server: [String]) {
        self.name = name
        self.client = client
        self.server = server
    }

    package static let oneCallName = "one-call-per-copy"

    /// engarde's own programs with one of its engines. They are looked for in `folder`.
    package static func engarde(_ engine: String, in folder: String, options: [String] = []) -> Variant {
        let tail = ["--engine", engine, "--log-level", "warning"] + options + ["{file}"]
        return Variant(
            name: engine, client: ["\(folder)/engarde-client"] + tail,
            server: ["\(folder)/engarde-server"] + tail)
    }

    /// `recvfrom` for every datagram, `sendto` for every copy.
    package static func oneCall(in folder: String) -> Variant {
        Variant(
            name: oneCallName,
            client: [
                "\(folder)/\(oneCallName)", "client", "\(Laboratory.clientPort)", Laboratory.serverV4,
                "\(Laboratory.serverPort)", "{links}",
            ],
            server: [
                "\(folder)/\(oneCallName)", "server", "\(Laboratory.serverPort)", "127.0.0.1",
                "\(Laboratory.wireGuardPort)",
            ])
    }

    /// Whether its client can be told how to learn of links, by `--link-source netlink|polling`.
    var knowsLinkSource: Bool {
        guard let program = client.first, let help = try? run([program, "run", "--help"]) else {
            return false
        }
        return help.contains("--link-source")
    }

    /// The same with that option.
    func watchingLinks(by source: String) -> Variant {
        Variant(
            name: name, client: [client[0], "--link-source", source] + client.dropFirst(), server: server)
    }

    /// The command with its placeholders filled in.
    static func fill(_ command: [String], file: String, links: [LaboratoryLink]) -> [String] {
        command.flatMap { word in
            word == "{links}"
                ? links.map { "\($0.name)=\($0.clientV4)" } : [word == "{file}" ? file : word]
        }
    }
}
