// SPDX-License-Identifier: GPL-2.0-or-later

/// A configuration file's bytes, read once: the file may be a pipe.
public struct ConfigurationText: Sendable {
    /// The file's name in diagnostics.
    public let file: String
    let bytes: [UInt8]

    /// Reads the file.
    ///
    /// - Throws: when there is none, or none that can be read, or one far too large.
    public init(reading file: String) throws(ConfigurationRefusal) {
        self.file = file
        do throws(ConfigurationFile.Failure) {
            bytes = try ConfigurationFile.read(file)
        } catch {
            let found =
                switch error {
                case .refused(let errno): "no readable file (\(errno))"
                case .tooLarge: "more than \(ConfigurationFile.sizeMax) bytes"
                }
            throw ConfigurationRefusal(whole: file, found: found, wanted: "a YAML file; --example prints one")
        }
    }

    init(file: String, bytes: [UInt8]) {
        self.file = file
        self.bytes = bytes
    }

    /// The names of the sections, `client` and `server` among them; none when it is no YAML mapping.
    public var sections: [String] {
        guard let root = try? YAMLTreeBuilder.parse(bytes).root, case .mapping(let entries) = root.content else {
            return []
        }
        return entries.compactMap(\.name)
    }

    func document() throws(ConfigurationRefusal) -> YAMLDocument {
        do throws(YAMLProblem) {
            return try YAMLTreeBuilder.parse(bytes)
        } catch {
            // What was understood before is not told: after a YAML error it may well be misunderstood.
            throw ConfigurationRefusal(whole: file, at: error.position, found: error.found, wanted: error.wanted)
        }
    }
}

extension ConfigurationRefusal {
    fileprivate init(whole file: String, at position: YAMLPosition? = nil, found: String, wanted: String) {
        self.init(diagnostics: [
            Diagnostic(
                file: file, line: position?.line ?? 0, column: position?.column ?? 0, key: "", found: found,
                wanted: wanted, severity: .error)
        ])
    }
}
