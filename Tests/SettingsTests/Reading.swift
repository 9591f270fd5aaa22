// SPDX-License-Identifier: GPL-2.0-or-later

@testable import Settings
import Testing

/// A case of a table: what the file says, and the lines that come out of it.
struct Golden: Sendable, CustomTestStringConvertible {
    var name: String
    var text: String
    var lines: [String]

    init(_ name: String, _ text: String, _ lines: String...) {
        self.name = name
        self.text = text
        self.lines = lines
    }

    var testDescription: String { name }
}

/// What reading a text came to, for either program.
struct Reading<Value: Sendable> {
    var value: Value?
    var diagnostics: [Diagnostic]

    var lines: [String] { diagnostics.map(\.description) }
    var errors: [Diagnostic] { diagnostics.filter { $0.severity == .error } }
}

func readClient(_ text: String) -> Reading<ClientConfiguration> { readClient(bytes: Array(text.utf8)) }
func readServer(_ text: String) -> Reading<ServerConfiguration> { readServer(bytes: Array(text.utf8)) }

func readClient(bytes: [UInt8]) -> Reading<ClientConfiguration> {
    do throws(ConfigurationRefusal) {
        let loaded = try ConfigurationReader.client(ConfigurationText(file: "engarde.yml", bytes: bytes))
        return Reading(value: loaded.value, diagnostics: loaded.warnings)
    } catch {
        return Reading(value: nil, diagnostics: error.diagnostics)
    }
}

func readServer(bytes: [UInt8]) -> Reading<ServerConfiguration> {
    do throws(ConfigurationRefusal) {
        let loaded = try ConfigurationReader.server(ConfigurationText(file: "engarde.yml", bytes: bytes))
        return Reading(value: loaded.value, diagnostics: loaded.warnings)
    } catch {
        return Reading(value: nil, diagnostics: error.diagnostics)
    }
}

/// A client section that is complete, so that `body` alone decides; its first line is line 4, at column 3.
func clientSection(_ body: String) -> String {
    "client:\n  listenAddr: 127.0.0.1:59401\n  dstAddr: 192.0.2.1:59501\n" + indented(body)
}

/// As ``clientSection(_:)`` for the server.
func serverSection(_ body: String) -> String {
    "server:\n  listenAddr: :59501\n  dstAddr: 127.0.0.1:51820\n" + indented(body)
}

private func indented(_ body: String) -> String {
    body.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)\n" }.joined()
}
