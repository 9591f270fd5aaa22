// SPDX-License-Identifier: GPL-2.0-or-later

internal import FoundationEssentials
public import Status

/// The status of a client or a server.
public enum AnyStatus: Sendable {
    case client(ClientStatus, json: [UInt8])
    case server(ServerStatus, json: [UInt8])

    /// The JSON as received.
    public var json: [UInt8] {
        switch self {
        case .client(_, let json), .server(_, let json): json
        }
    }

    private struct Kind: Decodable {
        var type: String
    }

    /// Decodes the response of `/api/v2/status`.
    ///
    /// - Throws: `ControlFailure` when it cannot be decoded, for example because the program has another version.
    public init(json: [UInt8]) throws(ControlFailure) {
        let data = Data(json)
        let decoder = JSONDecoder()
        do {
            switch try decoder.decode(Kind.self, from: data).type {
            case "client": self = .client(try decoder.decode(ClientStatus.self, from: data), json: json)
            case "server": self = .server(try decoder.decode(ServerStatus.self, from: data), json: json)
            case let other: throw ControlFailure("the program is a \(other), which this engarde does not know")
            }
        } catch let failure as ControlFailure {
            throw failure
        } catch {
            throw ControlFailure("the program's answer is not understood; is it another version of engarde? (\(error))")
        }
    }
}
