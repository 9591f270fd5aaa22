// SPDX-License-Identifier: GPL-2.0-or-later

internal import Setup
internal import Status

extension Facts {
    /// The roles that the file has.
    var roles: [Role] { (client == nil ? [] : [.client]) + (server == nil ? [] : [.server]) }

    func program(_ role: Role) -> ProgramStatus? { role == .client ? clientStatus?.program : serverStatus?.program }
}
