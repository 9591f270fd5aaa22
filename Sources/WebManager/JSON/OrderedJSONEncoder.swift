// SPDX-License-Identifier: GPL-2.0-or-later

/// Encodes values as JSON.
///
/// Unlike Foundation's encoder it writes the members of an object in the order of their declaration, and nil as `null`.
enum OrderedJSONEncoder {
    static func encode(_ value: some Encodable) throws -> [UInt8] {
        let writer = JSONWriter()
        try JSONValueEncoder(writer).encode(value)
        return writer.finish()
    }
}

/// Encodes one JSON value.
final class JSONValueEncoder: Encoder, SingleValueEncodingContainer {
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]
    private let writer: JSONWriter
    /// The depth of the object that was begun for this value, so that several containers can add members to it.
    private var objectDepth: Int?

    init(_ writer: JSONWriter) { self.writer = writer }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        let depth = objectDepth ?? writer.beginObject()
        objectDepth = depth
        return KeyedEncodingContainer(JSONObjectContainer<Key>(writer, depth))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer { JSONListContainer(writer, writer.beginList()) }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    func encodeNil() { writer.write(literal: "null") }
    func encode(_ value: Bool) { writer.write(literal: value ? "true" : "false") }
    func encode(_ value: String) { writer.write(value) }
    func encode(_ value: Double) { writer.write(value) }
    func encode(_ value: Float) { writer.write(Double(value)) }
    func encode(_ value: Int) { writer.write(literal: "\(value)") }
    func encode(_ value: Int8) { writer.write(literal: "\(value)") }
    func encode(_ value: Int16) { writer.write(literal: "\(value)") }
    func encode(_ value: Int32) { writer.write(literal: "\(value)") }
    func encode(_ value: Int64) { writer.write(literal: "\(value)") }
    func encode(_ value: UInt) { writer.write(literal: "\(value)") }
    func encode(_ value: UInt8) { writer.write(literal: "\(value)") }
    func encode(_ value: UInt16) { writer.write(literal: "\(value)") }
    func encode(_ value: UInt32) { writer.write(literal: "\(value)") }
    func encode(_ value: UInt64) { writer.write(literal: "\(value)") }
    func encode(_ value: some Encodable) throws { try value.encode(to: self) }
}

/// Encodes the members of an object. `encodeIfPresent` writes `null` for nil; the default writes nothing.
struct JSONObjectContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    var codingPath: [any CodingKey] { [] }
    private let writer: JSONWriter
    private let depth: Int

    init(_ writer: JSONWriter, _ depth: Int) {
        self.writer = writer
        self.depth = depth
    }

    private func value(_ key: some CodingKey) -> JSONValueEncoder {
        writer.key(key.stringValue, at: depth)
        return JSONValueEncoder(writer)
    }

    private func put(_ value: (some Encodable)?, _ key: Key) throws {
        let place = self.value(key)
        if let value { try value.encode(to: place) } else { place.encodeNil() }
    }

    func encodeNil(forKey key: Key) { value(key).encodeNil() }
    func encode(_ value: some Encodable, forKey key: Key) throws { try value.encode(to: self.value(key)) }

    func encodeIfPresent(_ value: Bool?, forKey key: Key) throws { try put(value, key) }
    func encodeIfPresent(_ value: String?, forKey key: Key) throws { try put(value, key) }
    func encodeIfPresent(_ value: Double?, forKey key: Key) throws { try put(value, key) }
    func encodeIfPresent(_ value: Float?, forKey key: Key) throws { try put(value, key) }
    func encodeIfPresent(_ value: Int?, forKey key: Key) throws { try put(value, key) }
    func encodeIfPresent(_ value: Int8?, forKey key: Key) throws { try put(value, key) }
    func encodeIfPresent(_ value: Int16?, forKey key: Key) throws { try put(value, key) }
    func encodeIfPresent(_ value: Int32?, forKey key: Key) throws { try put(value, key) }
    func encodeIfPresent(_ value: Int64?, forKey key: Key) throws { try put(value, key) }
    func encodeIfPresent(_ value: UInt?, forKey key: Key) throws { try put(value, key) }
    func encodeIfPresent(_ value: UInt8?, forKey key: Key) throws { try put(value, key) }
    func encodeIfPresent(_ value: UInt16?, forKey key: Key) throws { try put(value, key) }
    func encodeIfPresent(_ value: UInt32?, forKey key: Key) throws { try put(value, key) }
    func encodeIfPresent(_ value: UInt64?, forKey key: Key) throws { try put(value, key) }
    func encodeIfPresent(_ value: (some Encodable)?, forKey key: Key) throws { try put(value, key) }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> { value(key).container(keyedBy: type) }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { value(key).unkeyedContainer() }
    func superEncoder() -> any Encoder { value(SuperKey.super) }
    func superEncoder(forKey key: Key) -> any Encoder { value(key) }

    private enum SuperKey: CodingKey { case `super` }
}

/// Encodes the elements of a list.
struct JSONListContainer: UnkeyedEncodingContainer {
    var codingPath: [any CodingKey] { [] }
    private(set) var count = 0
    private let writer: JSONWriter
    private let depth: Int

    init(_ writer: JSONWriter, _ depth: Int) {
        self.writer = writer
        self.depth = depth
    }

    private mutating func next() -> JSONValueEncoder {
        count += 1
        writer.element(at: depth)
        return JSONValueEncoder(writer)
    }

    mutating func encodeNil() { next().encodeNil() }
    mutating func encode(_ value: some Encodable) throws { try value.encode(to: next()) }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        next().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { next().unkeyedContainer() }
    mutating func superEncoder() -> any Encoder { next() }
}
