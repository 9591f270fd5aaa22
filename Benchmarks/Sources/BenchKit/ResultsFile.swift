// SPDX-License-Identifier: GPL-2.0-or-later

internal import Foundation
internal import Support

/// Results on disk, as JSON.
package enum ResultsFile {
    package static func write(_ results: Results, to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        // A delay of which there is none, for example.
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        try writeText(String(decoding: try encoder.encode(results), as: UTF8.self) + "\n", to: path)
    }

    package static func read(_ path: String) throws -> Results {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        let text = readText(path)
        guard !text.isEmpty else { throw LaboratoryFailure("\(path) cannot be read or is empty") }
        let results = try decoder.decode(Results.self, from: Data(text.utf8))
        guard results.schema == Results.schemaNow else {
            throw LaboratoryFailure(
                "\(path) has schema \(results.schema), this program reads \(Results.schemaNow)")
        }
        return results
    }
}
