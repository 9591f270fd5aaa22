// SPDX-License-Identifier: GPL-2.0-or-later

internal import Status

extension MetricsText {
    /// The maximum number of links with metrics of their own; the rest is only counted. Machines with many containers
    /// have many interfaces.
    static let linksMax = 256

    init(_ status: ClientStatus) {
        add(status.program, role: "client")
        let links = Array(status.links.prefix(Self.linksMax))
        add(SharedFamilies.traffic { $0 }, prefix: "engarde_wireguard_", of: [status.traffic]) { _ in [] }
        add(
            "engarde_wireguard_last_received_age_seconds", .gauge, "Since WireGuard sent something.",
            status.wireGuardLastReceivedSeconds)
        add(
            "engarde_server_last_received_age_seconds", .gauge, "Since the server sent something over any link.",
            status.serverLastReceivedSeconds)
        add(
            "engarde_unique_datagrams_total", .counter, "Different datagrams from the server.",
            Double(status.uniqueDatagrams))
        add(
            "engarde_duplicate_datagrams_total", .counter, "Further copies of them, which were dropped.",
            Double(status.duplicateDatagrams))
        add(
            "engarde_links", .gauge, "Network interfaces, by state.",
            CarryingState.allCases.map { state in
                Sample(
                    labels: [("state", state.rawValue)], value: Double(status.links.count { $0.state == state }))
            })
        add(
            "engarde_links_expected", .gauge, "Links that ought to carry: those of the file, and that have carried.",
            Double(status.expectedLinkCount))
        add(
            "engarde_links_omitted", .gauge, "Network interfaces beyond the limit, without metrics of their own.",
            Double(status.links.count - links.count))
        add(links)
    }

    private mutating func add(_ links: [LinkStatus]) {
        func labels(_ link: LinkStatus) -> [(name: String, value: String)] { [("link", link.name)] }
        add(
            "engarde_link_info", .gauge, "What a link is; always 1.",
            links.map {
                Sample(
                    labels: [("link", $0.name), ("label", $0.label), ("destination", $0.destination)], value: 1)
            })
        add(
            "engarde_link_state", .gauge, "1 for the state the link is in.",
            SharedFamilies.states(links, \.state, labels: labels))
        let own = [
            MetricsFamily<LinkStatus>("state_age_seconds", .gauge, "Since the link came into its state.") {
                $0.stateSeconds
            },
            MetricsFamily<LinkStatus>("last_received_age_seconds", .gauge, "Since something came over the link.") {
                $0.lastReceivedSeconds
            },
            MetricsFamily<LinkStatus>(
                "fragmented_datagrams_total", .counter,
                "Datagrams sent that are larger than the link carries in one piece."
            ) { Double($0.fragmentedDatagrams) },
            MetricsFamily<LinkStatus>(
                "segmentation_offload", .gauge, "0 while the kernel refuses segmentation offload on the link, else 1."
            ) { $0.segmentationRefusal.isEmpty ? 1 : 0 },
        ]
        add(
            own + SharedFamilies.traffic(\.traffic) + SharedFamilies.quality(\.quality), prefix: "engarde_link_",
            of: links, labels: labels)
    }
}
