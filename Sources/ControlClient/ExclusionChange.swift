// SPDX-License-Identifier: GPL-2.0-or-later

internal import FoundationEssentials

/// A request to exclude links or to include them again.
public enum ExclusionChange: Hashable, Sendable {
    /// Excludes a link.
    ///
    /// - Parameter force: true to exclude even the last link that carries traffic.
    case exclude(String, force: Bool)
    case include(String)
    /// Resets the exclusions to the configuration.
    case reset

    private struct Body: Encodable {
        var interface: String
        var force: Bool?
    }

    var path: String {
        switch self {
        case .exclude: "/api/v2/exclude"
        case .include: "/api/v2/include"
        case .reset: "/api/v2/reset"
        }
    }

    var body: [UInt8] {
        switch self {
        case .exclude(let name, let force): Self.json(Body(interface: name, force: force))
        case .include(let name): Self.json(Body(interface: name))
        case .reset: Array("{}".utf8)
        }
    }

    /// Encodes the body. Encoding a string and a boolean cannot fail.
    private static func json(_ body: Body) -> [UInt8] { Array(try! JSONEncoder().encode(body)) }
}
