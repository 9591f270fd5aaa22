// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser
import ControlClient
import Glibc
import Program
import WebManager

/// Selects the program that a command asks.
struct SocketOption: ParsableArguments {
    @Option(
        help: "The program's control socket. Default: those of the client and the server on this machine.",
        completion: .file(extensions: ["sock"]))
    var socket: String?

    /// The sockets to ask: the one that was named, or those that are there; the client's when there is none.
    var paths: [String] {
        if let socket { return [socket] }
        let usual = ["client", "server"].map { ControlSocket.usualPath(for: $0) }
        let present = usual.filter { access($0, F_OK) == 0 }
        return present.isEmpty ? [usual[0]] : present
    }
}
