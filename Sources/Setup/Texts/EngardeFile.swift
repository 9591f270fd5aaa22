// SPDX-License-Identifier: GPL-2.0-or-later

internal import Settings

/// The texts of `/etc/engarde/engarde.yml`.
enum EngardeFile {
    static func server(_ answers: ServerAnswers, publicKey: String) -> String {
        heading("setup server") + """
            # All keys: engarde --example
            server:
              listenAddr: ":\(answers.port)"
              dstAddr: "127.0.0.1:\(answers.wireGuardPort)"
              wireguardPublicKey: "\(publicKey)"
            \(page(.server, answers.pagePort))
            """
    }

    /// - Parameter server: where engarde-server listens.
    static func client(_ answers: ClientAnswers, server: HostPort) -> String {
        let names = answers.links?.map { "\"\($0)\"" }.joined(separator: ", ")
        return heading("setup client") + """
            # All keys: engarde --example
            client:
              listenAddr: "127.0.0.1:\(answers.listenPort)"
              dstAddr: "\(server)"
            \(names.map { "  includedInterfaces: [\($0)]\n" } ?? "")\(page(.client, answers.pagePort))
            """
    }

    /// The page; its password is the service's credential, which systemd shows to the service and to root.
    private static func page(_ role: Role, _ port: UInt16) -> String {
        """
          webManager:
            listenAddr: "127.0.0.1:\(port)"
            username: "admin"
            passwordFile: "/run/credentials/\(Places.service(role))/password"

        """
    }
}
