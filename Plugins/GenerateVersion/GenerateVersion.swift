// SPDX-License-Identifier: GPL-2.0-or-later

import Foundation
import PackagePlugin

/// Writes the version into a source file of a target, by `packaging/version`, as often as a commit changes it.
@main
struct GenerateVersion: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let script = context.package.directoryURL.appending(path: "packaging/version")
        let output = context.pluginWorkDirectoryURL.appending(path: "GeneratedVersion.swift")
        return [
            .buildCommand(
                displayName: "Writing the version", executable: URL(filePath: "/bin/sh"),
                arguments: [script.path(), "write", output.path()], inputFiles: try sources(script) + [script],
                outputFiles: [output])
        ]
    }

    /// Returns the files that change whenever the version may have changed.
    private func sources(_ script: URL) throws -> [URL] {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = [script.path(), "sources"]
        process.standardOutput = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text.split(separator: "\n").map { URL(filePath: String($0)) }
    }
}
