// SPDX-License-Identifier: GPL-2.0-or-later

internal import Host

/// The page's password.
enum PagePassword {
    /// The one in the file, else one of 120 random bits in letters that are told apart easily.
    static func current(_ files: Files) throws -> String {
        if let known = try files.read(Places.password)?.trimmed, !known.isEmpty { return known }
        let letters = Array("abcdefghijkmnopqrstuvwxyz2345678")
        return String((0..<24).map { _ in letters.randomElement()! })
    }
}
