// SPDX-License-Identifier: GPL-2.0-or-later

import Testing

/// Doc comments say what a thing is or does, and do not begin like a question.
@Suite struct CommentTests {
    private static let questionWords: Set = ["What", "Where", "Who", "Whom", "Whether", "How", "Which"]
    /// Of a hundred, so many may.
    private static let percentMax = 1
    /// Those that do today, which are more than that. The figure may only fall; below ``percentMax`` it goes.
    private static let countMax = 305

    @Test func fewBeginLikeAQuestion() {
        let comments = Repository.swiftFiles.flatMap(\.docComments)
        let questions = comments.filter { Self.questionWords.contains($0) }
        print("doc comments that begin like a question: \(questions.count) of \(comments.count)")
        #expect(questions.count <= max(Self.countMax, comments.count * Self.percentMax / 100))
    }

    @Test func theFirstWordOfEachCommentIsFound() throws {
        let text = "/// What a\n/// Which b\nlet a = 1\n\n    ///  `How`\n    let b = 2\n// Who\n"
        let file = try #require(SourceFile("a.swift", bytes: Array(text.utf8)))
        #expect(file.docComments == ["What", "How"])
    }
}

extension SourceFile {
    /// The first word of each doc comment; empty for one without words.
    var docComments: [String] {
        var words: [String] = []
        var isInside = false
        for line in lines {
            let text = line.drop { $0 == " " }
            let isComment = text.hasPrefix("///")
            if isComment, !isInside { words.append(text.dropFirst(3).identifiers.first ?? "") }
            isInside = isComment
        }
        return words
    }
}
