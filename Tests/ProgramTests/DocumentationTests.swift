// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser
import Glibc
import Support
import Testing

@testable import engarde

/// The README and the pages beside it.
@Suite struct DocumentationTests {
    private static let root = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
    private static let names =
        ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"]
        + [
            "ComingFromGo", "Configuration", "FAQ", "FullTunnel", "GettingStarted", "Installing", "Links", "Performance",
            "SecurityModel", "Troubleshooting", "Watching",
        ].map { "Documentation/\($0).md" }

    /// The command lines of code blocks, and of code in a line, that call `engarde`.
    private static func commands(_ text: String) -> [[String]] {
        var commands: [[String]] = []
        var isBlock = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") { isBlock.toggle() }
            let pieces =
                isBlock || line.hasPrefix("    ")
                ? line.split(separator: "|").map { $0.split(separator: "#", maxSplits: 1).first ?? "" }
                : line.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }
                    .map(\.element)
            for piece in pieces {
                let words = piece.split(separator: ">").first?.split(separator: " ").map(String.init) ?? []
                guard let start = words.firstIndex(of: "engarde"), start == 0 || words.first == "ssh" else { continue }
                // A pattern of command lines is none.
                let rest = words[(start + 1)...]
                guard !rest.isEmpty, !rest.contains(where: { $0.contains("|") || $0.contains("[") || $0.contains("…") }) else {
                    continue
                }
                commands.append(Array(rest))
            }
        }
        return commands
    }

    @Test(arguments: names) func commandsAreUnderstood(_ name: String) {
        for words in Self.commands(readText("\(Self.root)/\(name)")) {
            do {
                _ = try Engarde.parseAsRoot(words)
            } catch {
                Issue.record("\(name): engarde \(words.joined(separator: " ")): \(Engarde.message(for: error))")
            }
        }
    }

    @Test func thereAreCommandsToUnderstand() {
        let commands = Self.commands(readText("\(Self.root)/README.md"))
        #expect(commands.contains(["setup", "server"]) && commands.contains(["setup", "client", "-"]))
        #expect(commands.contains(["client", "show", "client1"]))
    }

    @Test(arguments: names) func linksLeadSomewhere(_ name: String) {
        let text = readText("\(Self.root)/\(name)")
        let folder = name.split(separator: "/").dropLast().joined(separator: "/")
        for piece in text.split(separator: "](").dropFirst() {
            let target = piece.prefix { $0 != ")" }.prefix { $0 != "#" }
            guard !target.isEmpty, !target.contains("://") else { continue }
            let path = "\(Self.root)/\(folder)/\(target)"
            #expect(Self.exists(path), "\(name): \(target)")
        }
    }

    private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}
