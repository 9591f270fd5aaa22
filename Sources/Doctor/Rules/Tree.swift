// SPDX-License-Identifier: GPL-2.0-or-later

/// Some JSON: the items of a ruleset, and the statements of a rule.
indirect enum Tree: Decodable, Sendable {
    case text(String)
    case number(Double)
    case list([Tree])
    case object([String: Tree])
    case other

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let list = try? value.decode([Tree].self) {
            self = .list(list)
        } else if let object = try? value.decode([String: Tree].self) {
            self = .object(object)
        } else {
            self = .other
        }
    }

    subscript(name: String) -> Tree? { if case .object(let object) = self { object[name] } else { nil } }

    var text: String? { if case .text(let text) = self { text } else { nil } }
    var list: [Tree]? { if case .list(let list) = self { list } else { nil } }

    var integer: Int? { if case .number(let number) = self { Int(exactly: number) } else { nil } }

    /// The words and whole numbers that name one value: `udp`, `17`.
    var word: String? { text ?? integer.map { "\($0)" } }

    /// The name and the value of an object with one member, as a statement is.
    var member: (name: String, value: Tree)? {
        guard case .object(let object) = self, object.count == 1, let (name, value) = object.first else { return nil }
        return (name, value)
    }
}
