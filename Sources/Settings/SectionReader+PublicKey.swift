// SPDX-License-Identifier: GPL-2.0-or-later

internal import WireGuardWire

extension SectionReader {
    /// nil when it is absent, empty or wrong. What stands there is not repeated: it may be a private key.
    func publicKey(_ key: Key) -> PublicKey? {
        let wanted = "a key as wg show wg0 public-key prints it, 44 characters of base64 with a = at the end"
        guard let node = node(key), let text = findings.text(of: node, path(of: key), wanted: wanted), !text.isEmpty
        else { return nil }
        do throws(PublicKey.Fault) {
            return try PublicKey(base64: text)
        } catch {
            let found =
                switch error {
                case .length(let count): "text of \(count) bytes"
                case .character(let place): "base64 with a character in place \(place) that does not belong there"
                case .surplusBits: "base64 whose last letter no key ends in"
                }
            findings.error(at: node.position, path(of: key), found: "\(found) \(Redaction.notShown)", wanted: wanted)
            return nil
        }
    }
}
