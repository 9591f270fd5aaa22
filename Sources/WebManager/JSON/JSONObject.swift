// SPDX-License-Identifier: GPL-2.0-or-later

/// Takes the members of an object. The `IfPresent` ones write `null`, where the protocol's own would write nothing.
struct JSONObject<Key: CodingKey>: KeyedEncodingContainerProtocol {
    var codingPath: [any CodingKey] { [] }
    private let sink: JSONSink
    private let depth: Int

    init(_ sink: JSONSink, _ depth: Int) {
        self.sink = sink
        self.depth = depth
    }

    private func value(_ key: some CodingKey) -> JSONValue {
        sink.key(key.stringValue, at: depth)
        return JSONValue(sink)
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
