// SPDX-License-Identifier: GPL-2.0-or-later

/// Runs a command to its end and returns what it wrote to standard output.
///
/// Throws with the command's own words when it fails or takes longer than `seconds`.
@discardableResult
public func run(
    _ arguments: [String], in namespace: Namespace? = nil, input: String = "", seconds: Double = Patience.seconds
) throws -> String {
    let program = try Program(arguments, in: namespace, input: input)
    let status: ExitStatus
    do {
        status = try program.waitForExit(seconds: seconds)
    } catch {
        program.stop()
        throw error
    }
    guard status == .exited(0) else {
        let words = program.lines.map(\.text).joined(separator: "\n")
        throw LaboratoryFailure("\(arguments.joined(separator: " ")): \(status): \(words)")
    }
    return program.text(.output)
}
