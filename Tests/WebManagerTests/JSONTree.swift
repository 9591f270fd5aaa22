// SPDX-License-Identifier: GPL-2.0-or-later

import FoundationEssentials

/// Any JSON value, decoded by Foundation.
enum JSONTree: Decodable, Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case text(String)
    case list([JSONTree])
    case object([String: JSONTree])

    init(_ bytes: some Sequence<UInt8>) throws { self = try JSONDecoder().decode(Self.self, from: Data(bytes)) }

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let integer = try? value.decode(Int64.self) {
            self = .integer(integer)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let list = try? value.decode([JSONTree].self) {
            self = .list(list)
        } else {
            self = .object(try value.decode([String: JSONTree].self))
        }
    }

    subscript(_ key: String) -> JSONTree? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    /// Returns all texts of members with a name, at any depth.
    func texts(named name: String) -> [String] {
        switch self {
        case .object(let members):
            members.flatMap { key, value in
                if key == name, case .text(let text) = value { [text] } else { value.texts(named: name) }
            }
        case .list(let elements): elements.flatMap { $0.texts(named: name) }
        default: []
        }
    }
}
