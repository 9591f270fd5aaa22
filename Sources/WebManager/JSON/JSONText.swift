// SPDX-License-Identifier: GPL-2.0-or-later

/// The JSON of an `Encodable` value, as every answer of ours has it.
///
/// It differs from Foundation's in what interfaces need: members come in the order of their declaration, and an
/// absent value is there as `null`.
enum JSONText {
    static func bytes(of value: some Encodable) throws -> [UInt8] {
        let sink = JSONSink()
        try JSONValue(sink).encode(value)
        return sink.finish()
    }
}
