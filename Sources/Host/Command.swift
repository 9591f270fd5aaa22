// SPDX-License-Identifier: GPL-2.0-or-later

/// A command line for this machine. No shell is involved.
public struct Command: Hashable, Sendable, Codable {
    /// The program, by path or by a name to be found in `PATH`, and its arguments; not empty.
    public var words: [String]
    /// The text that the program reads on its standard input. Not shown: it may hold keys.
    public var input: String?

    public init(_ words: [String], input: String? = nil) {
        self.words = words
        self.input = input
    }

    public init(_ words: String...) { self.init(words) }
}

extension Command: CustomStringConvertible {
    /// As one types it into a shell.
    public var description: String { words.map(Self.quoted).joined(separator: " ") }

    private static func quoted(_ word: String) -> String {
        let isPlain =
            !word.isEmpty
            && word.utf8.allSatisfy { byte in
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
                    || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "-_./:=@%+,".utf8.contains(byte)
            }
        return isPlain
            ? word
            : "'"
                + word.split(separator: "'", omittingEmptySubsequences: false)
                .joined(separator: "'\\''") + "'"
    }
}
