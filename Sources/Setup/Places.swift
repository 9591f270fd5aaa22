// SPDX-License-Identifier: GPL-2.0-or-later

/// The names of what setup writes and starts.
public enum Places {
    /// The WireGuard interface.
    public static let tunnel = "engarde0"

    public static let folder = "/etc/engarde"
    public static let configuration = "\(folder)/engarde.yml"
    /// Of the page.
    public static let password = "\(folder)/password"
    /// The server's clients, a bundle each.
    public static let clients = "\(folder)/clients"
    /// The client's own bundle.
    public static let bundle = "\(folder)/client.bundle"
    /// The client's own key where it is in no bundle.
    public static let privateKey = "\(folder)/private.key"
    public static let firewall = "\(folder)/firewall.nft"
    public static let wireGuard = "/etc/wireguard/\(tunnel).conf"
    public static let sysctl = "/etc/sysctl.d/60-engarde.conf"

    static let units = "/etc/systemd/system"
    /// Loads masquerading.
    public static let networkService = "engarde-network.service"
    /// Debian's, which empties all tables as it starts and stops.
    static let tablesService = "nftables.service"
    public static let tunnelService = "wg-quick@\(tunnel).service"

    public static let state = "/var/lib/engarde"
    public static let record = "\(state)/setup.json"
    static let lock = "/run/engarde-setup.lock"

    public static func clientBundle(_ name: String) -> String { "\(clients)/\(name).bundle" }

    /// The service of the program itself.
    public static func service(_ role: Role) -> String { "engarde-\(role.rawValue).service" }

    /// The part of a service's settings that setup adds.
    static func addition(to service: String) -> String { "\(units)/\(service).d/engarde-setup.conf" }
}

/// The end of the tunnel that a machine is.
public enum Role: String, Hashable, Sendable, Codable {
    case client, server
}
