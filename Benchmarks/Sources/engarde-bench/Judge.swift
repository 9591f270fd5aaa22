// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser
import BenchKit

/// `engarde-bench report FILE`
struct Judge: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Print the tables of a results file, and draw its plots again.")

    @Argument(help: "A results file.", completion: .file(extensions: ["json"]))
    var file: String

    @Flag(help: "Only the requirements.")
    var goals = false

    @Option(help: "Draw the plots into this folder.", completion: .directory)
    var plots: String?

    func run() throws {
        let results = try ResultsFile.read(file)
        print(results.machine.text)
        if !goals {
            for at in results.cases { print(Report.table(results, at)) }
            print(Report.extras(results))
        }
        print(Report.goals(results))
        if let plots { print("drawn: \(try Plots.write(results, to: plots).joined(separator: " "))") }
    }
}
