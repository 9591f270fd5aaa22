// SPDX-License-Identifier: GPL-2.0-or-later

/// Covers passwords, which may be anything: the rest of the line is one.
enum PasswordCover {
    private static let word = Array("password".utf8)
    private static let cover = Array(" (password)".utf8)
    private static let newline = UInt8(ascii: "\n")

    static func covered(_ text: [UInt8]) -> [UInt8] {
        lines(text).map { line in
            guard let end = endOfKey(line), !isEmpty(line[end...]) else { return Array(line) }
            return line[..<end] + cover
        }.joined(separator: newline)
    }

    /// Covers also the lines by which a password of a YAML file goes on.
    static func coveredInYAML(_ text: [UInt8]) -> [UInt8] {
        var result: [[UInt8]] = []
        /// Of the key whose password may go on.
        var column: Int?
        for line in lines(text) {
            if let end = endOfKey(line) ?? endOfWord(line, isExplicit: true) {
                result.append(isEmpty(line[end...]) ? Array(line) : line[..<end] + cover)
                column = indentation(line)
            } else if let open = column, !ends(line, open) {
                if !isEmpty(line) { result.append(cover) }
            } else {
                column = nil
                result.append(Array(line))
            }
        }
        return result.joined(separator: newline)
    }

    private static func lines(_ text: [UInt8]) -> [ArraySlice<UInt8>] {
        text.split(separator: newline, omittingEmptySubsequences: false)
    }

    /// Returns the index behind `password:` or `password=`, with or without quotes and blanks.
    private static func endOfKey(_ line: ArraySlice<UInt8>) -> Int? { endOfWord(line, isExplicit: false) }

    /// - Parameter isExplicit: true for a key that has its value in the next line: `? password`.
    private static func endOfWord(_ line: ArraySlice<UInt8>, isExplicit: Bool) -> Int? {
        if isExplicit, line.first(where: { !isBlank($0) }) != UInt8(ascii: "?") { return nil }
        var at = line.startIndex
        while at + word.count <= line.endIndex {
            defer { at += 1 }
            guard line[at..<at + word.count].lazy.map(Bytes.small).elementsEqual(word) else { continue }
            var end = at + word.count
            while end < line.endIndex, isBlank(line[end]) || "\"'\\".utf8.contains(line[end]) { end += 1 }
            if isExplicit { return end }
            if end < line.endIndex, line[end] == UInt8(ascii: ":") || line[end] == UInt8(ascii: "=") { return end + 1 }
        }
        return nil
    }

    /// Returns whether a line can be no part of a scalar: a key that is not deeper, or the end of a collection.
    private static func ends(_ line: ArraySlice<UInt8>, _ column: Int) -> Bool {
        guard indentation(line) <= column, let first = line.first(where: { !isBlank($0) }) else { return false }
        if "}]".utf8.contains(first) { return true }
        var rest = line.drop { isBlank($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "\"") }
        let name = rest.prefix { Bytes.isWord($0) }
        rest = rest[name.endIndex...].drop { $0 == UInt8(ascii: "\"") }
        // A key has a blank behind its colon.
        return !name.isEmpty && rest.first == UInt8(ascii: ":") && rest.dropFirst().first.map(isBlank) ?? true
    }

    private static func indentation(_ line: ArraySlice<UInt8>) -> Int { line.prefix(while: isBlank).count }

    private static func isEmpty(_ line: ArraySlice<UInt8>) -> Bool { line.allSatisfy(isBlank) }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 13 }
}

extension Array where Element == [UInt8] {
    fileprivate func joined(separator: UInt8) -> [UInt8] { [UInt8](self.joined(separator: CollectionOfOne(separator))) }
}
