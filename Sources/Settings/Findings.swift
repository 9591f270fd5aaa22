// SPDX-License-Identifier: GPL-2.0-or-later

/// Collects what is wrong while a file is decoded, so that all of it is told at once.
final class Findings {
    /// Errors kept, and warnings kept; a file with more is not repaired by reading on.
    static let perSeverityMax = 50

    let file: String
    let redaction: Redaction
    private(set) var errors: [Diagnostic] = []
    private(set) var warnings: [Diagnostic] = []

    init(file: String, redaction: Redaction) {
        self.file = file
        self.redaction = redaction
    }

    /// Everything, in file order.
    var all: [Diagnostic] { Self.inFileOrder(errors + warnings) }
    var warningsInFileOrder: [Diagnostic] { Self.inFileOrder(warnings) }

    func error(
        at position: YAMLPosition, _ key: KeyPathText, found: String, wanted: String,
        suggestion: String? = nil
    ) {
        guard errors.count < Self.perSeverityMax else { return }
        errors.append(diagnostic(.error, position, key, found, wanted, suggestion))
    }

    func warning(
        at position: YAMLPosition, _ key: KeyPathText, found: String, wanted: String,
        suggestion: String? = nil
    ) {
        guard warnings.count < Self.perSeverityMax else { return }
        warnings.append(diagnostic(.warning, position, key, found, wanted, suggestion))
    }

    private func diagnostic(
        _ severity: Diagnostic.Severity, _ position: YAMLPosition, _ key: KeyPathText, _ found: String,
        _ wanted: String, _ suggestion: String?
    ) -> Diagnostic {
        Diagnostic(
            file: file, line: position.line, column: position.column, key: redaction.text(of: key),
            found: found,
            wanted: wanted, suggestion: suggestion, severity: severity)
    }

    private static func inFileOrder(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
        // Swift's sort is stable in practice but does not promise it; the index keeps it so.
        diagnostics.enumerated()
            .sorted {
                ($0.element.line, $0.element.column, $0.offset) < (
                    $1.element.line, $1.element.column, $1.offset
                )
            }
            .map(\.element)
    }
}
