// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

@testable import Settings

/// `Documentation/openapi.yaml`, reduced to the features it uses.
struct OpenAPIFile {
    struct Operation {
        var path: String
        var method: String
        /// The program, `client` or `server`; nil for both.
        var program: String?
        /// The name of the schema of the body; nil for none.
        var body: String?
        var hasParameter: Bool
        /// The schema of the response 200.
        var type: String
        var schema: YAMLNode
    }

    private let root: YAMLNode

    init() throws {
        let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        root = try YAMLTreeBuilder.parse(Self.read("/\(folder)/Documentation/openapi.yaml")).root!
    }

    /// Reads a whole file.
    static func read(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "r") else { throw RawConnection.Failure(text: "cannot open \(path)") }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes[..<count])
    }

    var operations: [Operation] {
        root["paths"]!.members.flatMap { path, item in
            item.members.map { method, operation in
                let answer = operation["responses"]!["200"]!["content"]!.members[0]
                let body = operation["requestBody"]?["content"]?["application/json"]?["schema"]?["$ref"]?.text
                return Operation(
                    path: path, method: method.uppercased(), program: operation["x-program"]?.text,
                    body: body.map { String($0.split(separator: "/").last!) },
                    hasParameter: operation["parameters"] != nil, type: answer.0, schema: answer.1["schema"]!)
            }
        }
    }

    func schema(_ name: String) -> YAMLNode { root["components"]!["schemas"]![name]! }

    /// Returns the differences between a value and its schema, one line each. Members that are not in the schema count
    /// as faults, which is stricter than JSON Schema.
    func faults(of value: JSONTree, by schema: YAMLNode, at place: String = "") -> [String] {
        if let reference = schema["$ref"]?.text {
            return faults(of: value, by: self.schema(String(reference.split(separator: "/").last!)), at: place)
        }
        if let choices = schema["oneOf"]?.elements {
            let all = choices.map { faults(of: value, by: $0, at: place) }
            return all.count { $0.isEmpty } == 1
                ? [] : ["\(place): none of its schemas, or more than one"] + all.joined()
        }
        let types = schema["type"]!.elements?.map { $0.text! } ?? [schema["type"]!.text!]
        guard types.contains(where: { Self.has(value, type: $0) }) else { return ["\(place): \(value) is no \(types)"] }
        switch value {
        case .text(let text):
            let words = schema["enum"]?.elements?.map { $0.text! }
            return words?.contains(text) == false ? ["\(place): \(text) is not one of \(words!)"] : []
        case .list(let elements):
            return elements.enumerated().flatMap { index, element in
                faults(of: element, by: schema["items"]!, at: "\(place)[\(index)]")
            }
        case .object(let members):
            let required = schema["required"]?.elements?.map { $0.text! } ?? []
            let missing = required.filter { members[$0] == nil }.map { "\(place).\($0): missing" }
            return missing
                + members.flatMap { name, member in
                    schema["properties"]?[name].map { faults(of: member, by: $0, at: "\(place).\(name)") }
                        ?? ["\(place).\(name): not in the file"]
                }
        default: return []
        }
    }

    private static func has(_ value: JSONTree, type: String) -> Bool {
        switch (value, type) {
        case (.null, "null"), (.bool, "boolean"), (.integer, "integer"), (.integer, "number"), (.number, "number"),
            (.text, "string"), (.list, "array"), (.object, "object"):
            true
        default: false
        }
    }
}

extension YAMLNode {
    var text: String? { if case .scalar(let scalar) = content { scalar.text } else { nil } }
    var elements: [YAMLNode]? { if case .sequence(let elements) = content { elements } else { nil } }

    var members: [(String, YAMLNode)] {
        if case .mapping(let entries) = content { entries.map { ($0.name!, $0.value) } } else { [] }
    }

    subscript(_ name: String) -> YAMLNode? { members.first { $0.0 == name }?.1 }
}
