// SPDX-License-Identifier: GPL-2.0-or-later

/// A handshake and the datagram after it, recorded between two `wireguard-go` 0.0.20220316 set up with `wg`.
///
/// Their private keys are gone with the namespace they lived in.
enum Recorded {
    /// `wg pubkey` of the one that sent the initiation.
    static let initiatorKey = "dCM7EOAVH8v6t1oe5xmN1ZOE3mcDrW2K3A3eG/DO/zM="
    /// `wg pubkey` of the one that sent the response.
    static let responderKey = "9alQannqJLyrY2nopZZJSDWe5vBgLM9QcmoXHSNZgVM="

    static let initiation = bytes(
        """
        010000008fb61be488f2061bfe0f78eb973c2ea4b7920e01b3fa0898bf49310d28535dff0663a975e4147319f92df486
        7a41e9bf0e57f179e8d6745708df5a7d8f17fb1d70f0370ca7592f61439afa2b2603e5526a47ef1235792be85d8d53c3
        47f552c08b022808078699a63d270020bfbc4521c387eeb74e40f3591fbcbe70c365696b000000000000000000000000
        00000000
        """)
    static let response = bytes(
        """
        020000007cfbda968fb61be40bb32727bf73ff420c120f6e979914a20785380220ab33639cd2e68d9f77bf26838a402f
        f039fc4880344a6f282166ec620eaeb8bf7f68031a948637502d311c00000000000000000000000000000000
        """)
    static let data = bytes(
        """
        040000007cfbda96000000000000000081d176667f908bd9517bc2c37eaae5cb
        """)

    /// The bytes of hexadecimal digits, blanks between them left out.
    static func bytes(_ digits: String) -> [UInt8] {
        let values = digits.filter { !$0.isWhitespace }.map { UInt8($0.hexDigitValue!) }
        return stride(from: 0, to: values.count, by: 2).map { values[$0] << 4 | values[$0 + 1] }
    }
}
