// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
internal import Support

/// A variant's client and server, running in a laboratory on the relays' core.
final class Relays {
    let client: Program
    let server: Program
    private let laboratory: Laboratory
    private let folder: TemporaryFolder

    /// Starts both and waits until they listen.
    init(_ variant: Variant, in laboratory: Laboratory, cores: Cores) throws {
        self.laboratory = laboratory
        folder = try TemporaryFolder()
        let clientFile = try folder.write(
            """
            client:
              listenAddr: "127.0.0.1:\(Laboratory.clientPort)"
              dstAddr: "\(Laboratory.serverV4):\(Laboratory.serverPort)"
            \(variant.clientSettings)
            """, to: "client.yml")
        let serverFile = try folder.write(
            """
            server:
              listenAddr: ":\(Laboratory.serverPort)"
              dstAddr: "127.0.0.1:\(Laboratory.wireGuardPort)"
            \(variant.serverSettings)
            """, to: "server.yml")
        func command(_ words: [String], _ file: String) -> [String] {
            cores.pinned(Variant.fill(words, file: file, links: laboratory.links))
        }
        // Their control sockets, if they have any, are here and not the machine's.
        let environment = ["RUNTIME_DIRECTORY": folder.path]
        server = try Program(command(variant.server, serverFile), in: laboratory.server, environment: environment)
        client = try Program(command(variant.client, clientFile), in: laboratory.client, environment: environment)
        do {
            let listen = try Monotonic.wait {
                try check()
                return try laboratory.client.hasUDPSocket(port: Laboratory.clientPort)
                    && laboratory.server.hasUDPSocket(port: Laboratory.serverPort)
            }
            guard listen else { throw LaboratoryFailure("\(variant.name) does not listen: \(words)") }
        } catch {
            stop()
            throw error
        }
    }

    deinit { stop() }

    /// Throws when one of them has ended.
    func check() throws {
        for program in [client, server] {
            if let status = program.status {
                throw LaboratoryFailure("\(program.name) ended, \(status): \(words)")
            }
        }
    }

    /// What both said last.
    var words: String { (server.lines + client.lines).suffix(6).map(\.text).joined(separator: " | ") }

    /// Ends both and waits until their ports are free again: io_uring lets go of sockets some milliseconds
    /// late.
    func stop() {
        client.stop()
        server.stop()
        _ = try? Monotonic.wait {
            try !laboratory.client.hasUDPSocket(port: Laboratory.clientPort)
                && !laboratory.server.hasUDPSocket(port: Laboratory.serverPort)
        }
    }
}
