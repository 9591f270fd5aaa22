// SPDX-License-Identifier: GPL-2.0-or-later

/// Takes the elements of a list.
struct JSONList: UnkeyedEncodingContainer {
    var codingPath: [any CodingKey] { [] }
    private(set) var count = 0
    private let sink: JSONSink
    private let depth: Int

    init(_ sink: JSONSink, _ depth: Int) {
        self.sink = sink
        self.depth = depth
    }

    private mutating func next() -> JSONValue {
        count += 1
        sink.element(at: depth)
        return JSONValue(sink)
    }

    mutating func encodeNil() { next().encodeNil() }
    mutating func encode(_ value: some Encodable) throws { try value.encode(to: next()) }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        next().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { next().unkeyedContainer() }
    mutating func superEncoder() -> any Encoder { next() }
}
