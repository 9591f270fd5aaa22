// SPDX-License-Identifier: GPL-2.0-or-later

internal import Status

extension Facts {
    /// The sides that the file has.
    var sides: [Side] { (client == nil ? [] : [.client]) + (server == nil ? [] : [.server]) }

    func program(_ side: Side) -> ProgramStatus? { side == .client ? clientStatus?.program : serverStatus?.program }
}
