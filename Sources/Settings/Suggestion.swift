// SPDX-License-Identifier: GPL-2.0-or-later

/// Finds the word that was meant by one that is not known.
enum Suggestion {
    /// Words longer than this are no typing mistakes of ours, and comparing them costs their product.
    static let lengthMax = 40

    /// The candidate nearest to `word`, if it is near enough to have been meant. Case, `-` and `_` do not
    /// count, so `listen_addr` and `ListenAddr` find `listenAddr`. Of equally near ones the first is taken.
    static func nearest(to word: String, among candidates: [String]) -> String? {
        guard let letters = letters(of: word) else { return nil }
        var best: (candidate: String, distance: Int)?
        for candidate in candidates {
            guard let others = Self.letters(of: candidate) else { continue }
            let distance = editDistance(letters, others)
            guard distance <= max(1, others.count / 3), distance < best?.distance ?? .max else { continue }
            best = (candidate, distance)
        }
        return best?.candidate
    }

    static func isClose(_ word: String, to candidates: [String]) -> Bool {
        nearest(to: word, among: candidates) != nil
    }

    private static func letters(of word: String) -> [UInt8]? {
        guard !word.isEmpty, word.utf8.count <= lengthMax else { return nil }
        return word.lowercased().utf8.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "_") }
    }

    /// How many letters have to be added, dropped, replaced, or swapped with their neighbour.
    static func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var beforeLast = [Int](repeating: 0, count: b.count + 1)
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var distance = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    distance = min(distance, beforeLast[j - 1] + 1)
                }
                row.append(distance)
            }
            (beforeLast, last) = (last, row)
        }
        return last[b.count]
    }
}
