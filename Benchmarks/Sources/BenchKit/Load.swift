// SPDX-License-Identifier: GPL-2.0-or-later

/// How much is offered, a direction.
package enum Load: Hashable, Sendable {
    /// So many datagrams a second, evenly.
    case rate(Int)
    /// As fast as it goes: a new datagram for each that has come through, ``Bench/window`` under way, as TCP
    /// inside a tunnel does it.
    case full
    /// As fast as the source can send, whatever becomes of it.
    case flood
}

extension Load: Codable, CustomStringConvertible {
    package var description: String {
        switch self {
        case .rate(let rate): "\(rate)"
        case .full: "full"
        case .flood: "flood"
        }
    }

    /// Nil unless it is what ``description`` gives.
    package init?(_ text: String) {
        switch text {
        case "full": self = .full
        case "flood": self = .flood
        default:
            guard let rate = Int(text), rate > 0 else { return nil }
            self = .rate(rate)
        }
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let load = Load(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text) is no load")
        }
        self = load
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
