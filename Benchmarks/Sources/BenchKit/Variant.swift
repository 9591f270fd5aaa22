// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
internal import Support

/// A pair of relays that can be put on the bench.
package struct Variant: Sendable {
    package let name: String
    /// Command lines in which `{file}` stands for a configuration file that the bench writes and `{links}`
    /// for the client's links as `NAME=ADDRESS` words.
    package let client: [String]
    package let server: [String]
    /// Where it is measured.
    package var scope = Scope.everywhere
    /// More lines for its section of the file that the bench writes, indented by two spaces.
    package var clientSettings = ""
    package var serverSettings = ""
    /// It is engarde's own, so its data plane can be told from its other threads.
    package private(set) var isOurs = false

    package init(name: String, client: [String], server: [String]) {
        self.name = name
        self.client = client
        self.server = server
    }

    /// Somebody else's pair, from its command lines, split at spaces.
    ///
    /// The file is appended to a command that names none, as every engarde takes it: unless the pair is told its links,
    /// and so has no such file, or a further word of the command is a file of its own.
    package static func pair(name: String, client: String, server: String) -> Variant {
        let commands = [client, server].map { $0.split(separator: " ").map(String.init) }
        func withFile(_ command: [String]) -> [String] {
            let hasOwn = commands.contains { $0.contains("{links}") }
                || command.dropFirst().contains { $0 == "{file}" || isFile($0) }
            return hasOwn ? command : command + ["{file}"]
        }
        return Variant(name: name, client: withFile(commands[0]), server: withFile(commands[1]))
    }

    private static func isFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFDIR
    }

    /// The cases at which a variant is measured.
    package enum Scope: Sendable {
        case everywhere
        /// Full load of datagrams of the size the requirements name.
        case fullLoad
        /// Every load at the point at which the requirements are stated, up.
        case loads

        package func contains(_ at: Case) -> Bool {
            switch self {
            case .everywhere: true
            case .fullLoad: at.load == .full && at.size == Plan.size
            case .loads: at.links == Plan.links && at.size == Plan.size && at.direction == .up
            }
        }
    }

    package static let oneCallName = "one-call-per-copy"
    package static let ringName = "io_uring"

    /// engarde with one of its engines. It is looked for in `folder`.
    package static func engarde(_ engine: String, in folder: String, options: [String] = []) -> Variant {
        let tail = ["--engine", engine, "--log-level", "warning"] + options + ["{file}"]
        var variant = Variant(
            name: engine, client: ["\(folder)/engarde", "client"] + tail,
            server: ["\(folder)/engarde", "server"] + tail)
        variant.isOurs = true
        return variant
    }

    /// What of the traffic engarde knows: `protocol` in its file.
    package enum TrafficProtocol: String, CaseIterable, Sendable {
        /// Sessions, and duplicates dropped at both ends.
        case wireguard
        /// Everything forwarded as it comes.
        case opaque
    }

    /// What an engine is called when it runs with `protocol: opaque`.
    package static func opaqueName(_ engine: String) -> String { "\(engine) opaque" }

    /// The same without sessions and window.
    package func opaque(_ scope: Scope) -> Variant {
        var variant = Variant(name: Self.opaqueName(name), client: client, server: server)
        variant.isOurs = isOurs
        variant.scope = scope
        variant.clientSettings = clientSettings + "  protocol: opaque\n"
        variant.serverSettings = serverSettings + "  protocol: opaque\n"
        return variant
    }

    /// A knob of `tuning` in the file.
    package enum Knob: String, CaseIterable, Sendable {
        case processor
        case busyPoll = "busy-poll"
        case submissionThread = "submission"

        /// Microseconds of busy polling.
        static let busyPollMicroseconds = 50

        fileprivate func line(processor: Int) -> String {
            switch self {
            case .processor: "processor: \(processor)"
            case .busyPoll: "busyPollMicroseconds: \(Self.busyPollMicroseconds)"
            case .submissionThread: "submissionThread: true"
            }
        }
    }

    /// What an engine is called when it runs with this knob turned.
    package static func tunedName(_ engine: String, _ knob: Knob) -> String { "\(engine) \(knob.rawValue)" }

    /// The same with one knob turned, for the loads it is meant for.
    package func tuned(_ knob: Knob, cores: Cores) -> Variant {
        var variant = Variant(name: Self.tunedName(name, knob), client: client, server: server)
        variant.isOurs = isOurs
        variant.scope = .loads
        func lines(_ processor: Int) -> String { "  tuning:\n    \(knob.line(processor: processor))\n" }
        variant.clientSettings = clientSettings + lines(cores.relays)
        variant.serverSettings = serverSettings + lines(cores.more?.first ?? cores.relays)
        return variant
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
        var variant = Variant(
            name: name, client: [client[0], "--link-source", source] + client.dropFirst(), server: server)
        variant.clientSettings = clientSettings
        variant.serverSettings = serverSettings
        variant.isOurs = isOurs
        return variant
    }

    /// The command with its placeholders filled in.
    static func fill(_ command: [String], file: String, links: [LaboratoryLink]) -> [String] {
        command.flatMap { word in
            word == "{links}"
                ? links.map { "\($0.name)=\($0.clientV4)" } : [word == "{file}" ? file : word]
        }
    }
}
