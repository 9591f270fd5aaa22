// SPDX-License-Identifier: GPL-2.0-or-later

/// The kinds of things that a plan changes, in the order and with the words of its summary.
enum StepKind: String, CaseIterable {
    case file
    case setting = "kernel setting"
    case command = "firewall rule"
    case service
}

extension Step {
    /// Nil for a folder, which is not worth a word.
    var kind: StepKind? {
        switch self {
        case .folder: nil
        case .file, .removal: .file
        case .setting: .setting
        case .command: .command
        case .service: .service
        case .undoing(let entry): entry.kind
        }
    }
}

extension SetupRecord.Entry {
    fileprivate var kind: StepKind? {
        switch self {
        case .folder: nil
        case .file: .file
        case .setting: .setting
        case .command: .command
        case .service: .service
        }
    }
}
