// SPDX-License-Identifier: GPL-2.0-or-later

/// The text of `/etc/engarde/firewall.nft`: a table of our own, loaded in one piece in place of the one before.
enum FirewallFile {
    static func text(_ network: TunnelNetwork) -> String {
        let (v4, v6) = (network.prefixes[0], network.prefixes[1])
        return heading("setup server") + """
            table inet engarde
            delete table inet engarde
            table inet engarde {
                chain postrouting {
                    type nat hook postrouting priority srcnat; policy accept;
                    ip saddr \(v4) oifname != "\(Places.tunnel)" masquerade
                    ip6 saddr \(v6) oifname != "\(Places.tunnel)" masquerade
                }
                chain forward {
                    type filter hook forward priority filter; policy accept;
                    # Machines behind a client do not know how little fits the tunnel.
                    iifname "\(Places.tunnel)" tcp flags syn tcp option maxseg size set rt mtu
                    oifname "\(Places.tunnel)" tcp flags syn tcp option maxseg size set rt mtu
                }
            }

            """
    }
}
