// SPDX-License-Identifier: GPL-2.0-or-later

internal import FoundationEssentials
internal import HTTPTypes
internal import NIOCore

/// The body of what changes exclusions: `{"interface":"wwan0"}`, and perhaps `"force":true`.
struct ExclusionRequest: Decodable {
    /// Longer than any interface's name, whose limit is the kernel's (15 bytes).
    private static let nameBytesMax = 255

    var interface: String
    var force: Bool?

    init(_ body: ByteBuffer) throws(RequestRefusal) {
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(body.readableBytesView))
        } catch {
            throw RequestRefusal(
                .badRequest, "bad-json", #"the body must be JSON like {"interface":"wwan0"}, with "force":true or not"#)
        }
        guard (1...Self.nameBytesMax).contains(interface.utf8.count), !interface.utf8.contains(where: { $0 < 0x20 })
        else {
            throw RequestRefusal(.badRequest, "bad-interface", "interface must be the name of a network interface")
        }
    }
}
