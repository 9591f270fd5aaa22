// SPDX-License-Identifier: GPL-2.0-or-later

/// The texts of units, and of what setup adds to units of others.
enum UnitFiles {
    /// Gives the service the page's password.
    static func password(_ role: Role) -> String {
        heading("setup \(role.rawValue)") + """
            [Service]
            LoadCredential=password:\(Places.password)

            """
    }

    /// Has the tunnel come up with the program that carries it, whichever is started first.
    static func tunnel(_ role: Role) -> String {
        heading("setup \(role.rawValue)") + """
            [Unit]
            Wants=\(Places.service(role))
            After=\(Places.service(role))

            """
    }

    /// Loads the firewall's table.
    static let network =
        heading("setup server") + """
            [Unit]
            Description=Masquerading of engarde's tunnel
            Before=\(Places.tunnelService)
            After=nftables.service ufw.service firewalld.service
            ReloadPropagatedFrom=nftables.service

            [Service]
            Type=oneshot
            RemainAfterExit=yes
            ExecStart=nft -f \(Places.firewall)
            ExecReload=nft -f \(Places.firewall)
            ExecStop=-nft delete table inet engarde

            [Install]
            WantedBy=multi-user.target

            """

    /// Loads that table again when nftables.service has emptied them all, which it does as it starts and as it stops; other
    /// firewalls stop it.
    static let nftables =
        heading("setup server") + """
            [Service]
            ExecStartPost=-systemctl --no-block try-reload-or-restart \(Places.networkService)
            ExecStopPost=-systemctl --no-block try-reload-or-restart \(Places.networkService)

            """
}
