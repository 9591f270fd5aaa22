// SPDX-License-Identifier: GPL-2.0-or-later

/// The place of one value in a JSON text.
final class JSONValue: Encoder, SingleValueEncodingContainer {
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]
    private let sink: JSONSink
    /// Of the object that the value has turned out to be, so that several encoders may add members to it.
    private var objectDepth: Int?

    init(_ sink: JSONSink) { self.sink = sink }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        let depth = objectDepth ?? sink.beginObject()
        objectDepth = depth
        return KeyedEncodingContainer(JSONObject<Key>(sink, depth))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer { JSONList(sink, sink.beginList()) }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    func encodeNil() { sink.write(literal: "null") }
    func encode(_ value: Bool) { sink.write(literal: value ? "true" : "false") }
    func encode(_ value: String) { sink.write(value) }
    func encode(_ value: Double) { sink.write(value) }
    func encode(_ value: Float) { sink.write(Double(value)) }
    func encode(_ value: Int) { sink.write(literal: "\(value)") }
    func encode(_ value: Int8) { sink.write(literal: "\(value)") }
    func encode(_ value: Int16) { sink.write(literal: "\(value)") }
    func encode(_ value: Int32) { sink.write(literal: "\(value)") }
    func encode(_ value: Int64) { sink.write(literal: "\(value)") }
    func encode(_ value: UInt) { sink.write(literal: "\(value)") }
    func encode(_ value: UInt8) { sink.write(literal: "\(value)") }
    func encode(_ value: UInt16) { sink.write(literal: "\(value)") }
    func encode(_ value: UInt32) { sink.write(literal: "\(value)") }
    func encode(_ value: UInt64) { sink.write(literal: "\(value)") }
    func encode(_ value: some Encodable) throws { try value.encode(to: self) }
}
