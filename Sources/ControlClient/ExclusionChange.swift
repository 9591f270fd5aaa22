// SPDX-License-Identifier: GPL-2.0-or-later

internal import FoundationEssentials

/// A request to take a link out of the fan-out or to put it back.
public enum ExclusionChange: Hashable, Sendable {
    /// - Parameter force: also when it is the last one that carries.
    case exclude(String, force: Bool)
    case include(String)
    /// Back to what the file says.
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

    /// A structure of text and a boolean always has a JSON.
    private static func json(_ body: Body) -> [UInt8] { Array(try! JSONEncoder().encode(body)) }
}
