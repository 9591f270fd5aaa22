// SPDX-License-Identifier: GPL-2.0-or-later

/// A file to start from.
public enum SampleFile {
    /// A commented file with both sections that both programs read without a warning. Only what has to be set
    /// is set; every other value shown is the default, or commented out.
    public static let text = """
        # engarde.yml: WireGuard over several links at once.
        #
        # One file may hold both sections; engarde client reads "client", engarde server reads "server". Check
        # a file with: engarde check engarde.yml

        client:
          # Shown in the log and on the page.
          #description: "Office router"

          # Where the local WireGuard sends to: the Endpoint of its peer. WireGuard's own file then needs the line
          # MTU = 1420 below [Interface], since wg-quick would take the MTU of the way to 127.0.0.1, which is 65456, and
          # every full datagram would cross each link in 45 fragments.
          listenAddr: "127.0.0.1:59401"

          # Where engarde-server listens. A name is resolved again when it has to be.
          dstAddr: "vpn.example:59501"

          # Interfaces that shall not become links: exact names, or patterns in quotes. No regular expressions.
          #excludedInterfaces:
          #  - eth0
          #  - "veth*"

          # The only ones that shall become links, in the same way; then one that comes later is none unless it is here.
          #includedInterfaces: [eth1, "wwan*"]

          # Names for people, shown beside those of the system.
          #interfaceLabels:
          #  eth1: "DSL"
          #  wwan0: "LTE"

          # Another destination for one link, or for several by a pattern such as "wwan*"; the first match wins.
          #dstOverrides:
          #  - ifName: wwan0
          #    dstAddr: "192.0.2.1:59501"

          # Where WireGuard may speak from besides this machine: addresses, prefixes, or any.
          #allowedSources: ["192.0.2.0/24", "2001:db8::/32"]

          # wireguard, or opaque for what is not quite WireGuard, such as obfuscated variants: then all is forwarded
          # as it comes, duplicates too.
          #protocol: wireguard

          # Run when a link changes its state, with the link, the old state, the new state and the reason behind the
          # words given here. No shell is involved.
          #onLinkChange: ["/usr/bin/logger", "-t", "engarde"]

          # The page and its API; without listenAddr there are none. Beyond loopback both a username and a
          # password of your own are needed; the password may be in a file instead. publicHost is the name a proxy before
          # it is reached by.
          #webManager:
          #  listenAddr: "127.0.0.1:9001"
          #  username: ""
          #  password: ""
          #  passwordFile: ""
          #  publicHost: "van.example"

          # What "engarde status" and "engarde link" talk to; "" for none.
          #controlSocket: /run/engarde/client.sock

          # auto, io_uring or polling.
          #engine: auto

          # trace, debug, info, notice, warning, error or critical.
          #logLevel: info

          # For high-rate links, all off by default: the processor the data plane stays on, microseconds to poll the
          # network devices before sleeping, and a kernel thread that submits to io_uring.
          #tuning:
          #  processor: 1
          #  busyPollMicroseconds: 50
          #  submissionThread: true

        server:
          #description: "Data centre"

          # Where clients send to; without a host it is every address of both families.
          listenAddr: ":59501"

          # Where the local WireGuard listens. Its own file, too, needs MTU = 1420 below [Interface], in particular
          # where this machine's network takes larger packets than the Internet does.
          dstAddr: "127.0.0.1:51820"

          # Seconds after which a path that was not heard from is gone.
          #clientTimeout: 30

          # WireGuard clients served at a time, 1 to 1024; paths one of them may have, 1 to 32; and paths of all
          # together, 1 to 4096.
          #maxSessions: 128
          #maxPathsPerSession: 16
          #maxPaths: 2048

          # What "wg show wg0 public-key" says here. With it, handshakes that are not meant for this WireGuard are
          # refused.
          #wireguardPublicKey: ""

          # As above, and the protocol as the client has it; the command is run when a path changes.
          #protocol: wireguard
          #onLinkChange: ["/usr/bin/logger", "-t", "engarde"]

          #webManager:
          #  listenAddr: "127.0.0.1:9001"
          #  username: ""
          #  password: ""
          #  passwordFile: ""
          #  publicHost: "van.example"

          #controlSocket: /run/engarde/server.sock
          #engine: auto
          #logLevel: info
          #tuning:
          #  processor: 1

        """
}
