// SPDX-License-Identifier: GPL-2.0-or-later

/// The configuration file.
enum FileCheck: Check {
    static let name = "file"

    static func findings(_ facts: Facts) -> [Finding] {
        if let refusal = facts.refusal {
            return [Finding(name, .fail, refusal, Repair([], "engarde check \(facts.file)"))]
        }
        if !facts.warnings.isEmpty { return facts.warnings.map { Finding(name, .warn, $0) } }
        return ok("\(facts.file) is good")
    }
}
