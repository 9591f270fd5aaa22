// SPDX-License-Identifier: GPL-2.0-or-later

/// Converts interface names to text.
///
/// The kernel allows any bytes in a name except `/`, `:` and white space. Bytes that are not printable text are written
/// as `\xNN`, a backslash as `\x5c`, so that different names stay different and none can control a terminal.
enum InterfaceName {
    static func text(_ bytes: [UInt8]) -> String {
        if let name = String(validating: bytes, as: UTF8.self) {
            return name.unicodeScalars.map { isPlain($0) ? String($0) : escaped(String($0).utf8) }.joined()
        }
        return bytes.map { isPlain(Unicode.Scalar($0)) && $0 < 0x80 ? String(Unicode.Scalar($0)) : escaped([$0]) }
            .joined()
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator: false
        default: scalar != "\\"
        }
    }

    private static func escaped(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
