// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Setup

/// Asks for what no flag has given.
struct Interview {
    /// The terminal; nil when nobody is asked.
    private let input: UnsafeMutablePointer<FILE>?

    /// - Parameters:
    ///   - saysYes: `--yes` or `--dry-run`: nothing is asked.
    ///   - flags: those that answer the questions, for a refusal.
    /// - Throws: when nobody can be asked and `saysYes` is false.
    init(saysYes: Bool, flags: String) throws {
        // The standard input may be the bundle.
        let input = saysYes ? nil : isatty(0) == 1 ? fdopen(dup(0), "r") : fopen("/dev/tty", "re")
        guard saysYes || input != nil else {
            throw SetupFailure("no terminal to ask at: give --yes for the usual answers, and others by \(flags)")
        }
        self.init(input: input)
    }

    /// - Parameter input: where the answers come from; nil takes the usual ones.
    init(input: UnsafeMutablePointer<FILE>?) { self.input = input }

    /// True when somebody is asked.
    var asks: Bool { input != nil }

    /// Returns the value of a flag, else the answer to a question.
    ///
    /// - Parameters:
    ///   - usual: taken for an empty answer, and with `--yes`; nil for none.
    ///   - flag: named when there is no answer.
    ///   - wanted: said of an answer that `parse` does not take.
    func answer<Value>(
        _ question: String, given: Value?, usual: Value?, flag: String, wanted: String, parse: (String) -> Value?
    ) throws -> Value {
        if let given { return given }
        guard let input else {
            if let usual { return usual }
            throw SetupFailure("\(flag) is needed: \(wanted)")
        }
        while true {
            print("  \(question)\(usual.map { " [\($0)]" } ?? ""): ", terminator: "")
            fflush(nil)
            guard let line = Self.line(input) else { throw SetupFailure("no answer; nothing was changed") }
            if line.isEmpty, let usual { return usual }
            if let value = parse(line) { return value }
            print("  wanted: \(wanted)")
        }
    }

    /// As ``answer(_:given:usual:flag:wanted:parse:)`` for a yes or no.
    func agrees(_ question: String, given: Bool?, usual: Bool, flag: String) throws -> Bool {
        if let given { return given }
        guard let input else { return usual }
        while true {
            print("  \(question) [\(usual ? "Y/n" : "y/N")] ", terminator: "")
            fflush(nil)
            guard let line = Self.line(input)?.lowercased() else {
                throw SetupFailure("no answer; nothing was changed")
            }
            switch line {
            case "": return usual
            case "y", "yes": return true
            case "n", "no": return false
            default: print("  wanted: y or n")
            }
        }
    }

    /// The next line without its end; nil when there is none.
    private static func line(_ input: UnsafeMutablePointer<FILE>) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        var size = 0
        defer { free(text) }
        guard getline(&text, &size, input) > 0, let text else { return nil }
        let line = String(cString: text)
        let blank: (Character) -> Bool = { $0.isWhitespace }
        return String(line.drop(while: blank).reversed().drop(while: blank).reversed())
    }
}
