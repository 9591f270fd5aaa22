// SPDX-License-Identifier: GPL-2.0-or-later

import Foundation
import Status
import Support

extension Engarde {
    /// Waits until the API answers, which it may do later than the relay relays.
    func waitForStatus() throws {
        var last: (any Error)?
        let answers = Monotonic.wait {
            do {
                _ = try httpGet("/api/v2/status", port: Self.webPort, in: namespace)
                return true
            } catch {
                last = error
                return false
            }
        }
        if !answers, let last { throw last }
    }

    func clientStatus() throws -> ClientStatus { try status("client") }
    func serverStatus() throws -> ServerStatus { try status("server") }

    /// What `GET /api/v2/status` answers, which says what kind of program it is in `type`.
    private func status<T: Decodable>(_ type: String) throws -> T {
        let data = Data(try httpGet("/api/v2/status", port: Self.webPort, in: namespace).utf8)
        let kind = try JSONDecoder().decode(StatusKind.self, from: data).type
        guard kind == type else { throw LaboratoryFailure("the status is of type \(kind), not \(type)") }
        return try JSONDecoder().decode(T.self, from: data)
    }
}

/// The part of an answer that says which program gave it.
private struct StatusKind: Decodable {
    var type: String
}
