// SPDX-License-Identifier: GPL-2.0-or-later

import Host
import Links
import Settings
import Sockets
import Testing

@testable import Doctor

/// Rulesets as nft prints them, and what is said of them.
@Suite struct RulesTests {
    private typealias Text = RulesText

    private static func match(_ left: String, _ right: String, _ relation: String = "==") -> String {
        #"{"match": {"op": "\#(relation)", "left": \#(left), "right": \#(right)}}"#
    }

    private static func meta(_ key: String) -> String { #"{"meta": {"key": "\#(key)"}}"# }
    private static func field(_ layer: String, _ name: String) -> String {
        #"{"payload": {"protocol": "\#(layer)", "field": "\#(name)"}}"#
    }
    private static func xt(_ type: String, _ name: String) -> String {
        #"{"xt": {"type": "\#(type)", "name": "\#(name)"}}"#
    }
    private static func to(_ verdict: String, _ chain: String) -> String {
        #"{"\#(verdict)": {"target": "\#(chain)"}}"#
    }
    private static func input(_ statements: String...) -> String {
        Text.rule(statements.joined(separator: ", "), in: "INPUT")
    }
    private static func forward(_ statements: String...) -> String {
        Text.rule(statements.joined(separator: ", "), in: "FORWARD")
    }

    private static let accept = #"{"accept": null}"#
    private static let drop = #"{"drop": null}"#
    private static let back = #"{"return": null}"#
    private static let reject = #"{"reject": {"type": "icmp", "expr": "port-unreachable"}}"#
    private static let counter = #"{"counter": {"packets": 0, "bytes": 0}}"#
    private static let state = #"{"ct": {"key": "state"}}"#
    private static let port = match(field("udp", "dport"), "59501")
    private static let established = match(state, #"["established", "related"]"#, "in")
    private static let private10 = #"{"prefix": {"addr": "10.0.0.0", "len": 8}}"#
    private static let tunnel = #"{"prefix": {"addr": "10.77.0.0", "len": 24}}"#

    private static let closed = Text.chain("INPUT", hook: "input", policy: "drop")
    private static let open = Text.chain("INPUT", hook: "input", policy: "accept")
    private static let closedForward = Text.chain("FORWARD", hook: "forward", policy: "drop")
    private static let openForward = Text.chain("FORWARD", hook: "forward", policy: "accept")

    /// A ruleset with a name for people.
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let text: String

        init(_ name: String, _ parts: String...) {
            testDescription = name
            text = parts.joined()
        }
    }

    private static let openOnes: [Case] = [
        Case("no rules", ""), Case("an open policy", open),
        Case("the port", closed, input(port, counter, accept)),
        Case("all of UDP", closed, input(match(meta("l4proto"), #""udp""#), accept)),
        Case("all of UDP by its number", closed, input(match(meta("l4proto"), "17"), accept)),
        Case("UDP of IP's header", closed, input(match(field("ip", "protocol"), #""udp""#), accept)),
        Case(
            "protocols and the port",
            closed,
            input(match(meta("l4proto"), #"{"set": ["tcp", "udp"]}"#), match(field("th", "dport"), "59501"), accept)),
        Case("everything", closed, input(counter, accept)),
        Case("new flows", closed, input(match(state, #"{"set": ["new", "untracked"]}"#), port, accept)),
        Case(
            "from everywhere",
            closed, input(match(field("ip", "saddr"), #"{"prefix": {"addr": "0.0.0.0", "len": 0}}"#), accept)),
        Case("not from private networks", closed, input(match(field("ip", "saddr"), private10, "!="), port, accept)),
        Case("to its own address", closed, input(match(field("ip", "daddr"), #""203.0.113.7""#), port, accept)),
        Case("by its interface", closed, input(match(meta("iifname"), #"{"set": ["eth0", "wlan0"]}"#), port, accept)),
        Case("by a pattern of it", closed, input(match(meta("iifname"), #""eth*""#), port, accept)),
        Case("not by another", closed, input(match(meta("iifname"), #""lan0""#, "!="), port, accept)),
        Case(
            "a named set",
            closed, Text.elements("set", "ports", #"22, {"range": [59500, 59510]}"#),
            input(match(field("udp", "dport"), #""@ports""#), accept)),
        Case(
            "a named set with timeouts",
            closed, Text.elements("set", "ports", #"{"elem": {"val": 59501, "timeout": 9}}"#),
            input(match(field("udp", "dport"), #""@ports""#), accept)),
        Case("a set that is not there", closed, input(match(field("udp", "dport"), #""@gone""#), accept)),
        Case("high ports", closed, input(match(field("udp", "dport"), "1024", ">="), accept)),
        Case("a chain", closed, Text.chain("in"), input(to("jump", "in")), Text.rule(port, accept, in: "in")),
        Case(
            "a chain and back",
            closed, Text.chain("in"), input(to("jump", "in")),
            input(port, accept),
            Text.rule(
                match(field("udp", "dport"), "53"),
                accept, in: "in"), Text.rule(back, in: "in")),
        Case(
            "a map",
            closed, Text.chain("new"),
            input(
                #"{"vmap": {"key": \#(state), "data": {"set": [["established", \#(accept)], ["invalid", \#(drop)], "#
                    + #"["new", \#(to("jump", "new"))]]}}}"#), Text.rule(port, accept, in: "new")),
        Case(
            "a named map",
            closed, Text.elements("map", "m", #"[59501, \#(accept)], [22, \#(drop)]"#),
            input(#"{"vmap": {"key": \#(field("udp", "dport")), "data": "@m"}}"#)),
        Case("a last reject after it", open, input(port, accept), input(reject)),
        Case(
            "iptables, several ports",
            closed, input(match(meta("l4proto"), #""udp""#), xt("match", "multiport"), accept)),
        Case("iptables, an old nft", closed, input(match(meta("l4proto"), #""udp""#), #"{"xt": null}"#, accept)),
        Case("iptables, an unknown target", closed, input(xt("target", "NFQUEUE"))),
        Case("a limited rate", closed, input(#"{"limit": {"rate": 5, "per": "second"}}"#, port, accept)),
        Case(
            "an interface and the port at once",
            closed,
            input(
                match(
                    #"{"concat": [\#(meta("iifname")), \#(field("udp", "dport"))]}"#,
                    #"{"set": [{"concat": ["eth0", 59501]}]}"#), accept)),
        Case("a mark", closed, input(match(meta("mark"), "1"), accept)),
        Case("a statement that nobody knows", closed, input(#"{"novelty": 1}"#)),
        Case("another hook", Text.chain("OUTPUT", hook: "output", policy: "drop")),
        Case("another family", Text.chain("INPUT", family: "ip6", hook: "input", policy: "drop")),
        Case(
            "what does not concern it",
            open, input(match(field("tcp", "dport"), "22"), drop),
            input(match(field("tcp", "flags"), #""syn""#, "!="), drop),
            input(match(meta("pkttype"), #"{"set": ["broadcast", "multicast"]}"#), drop),
            input(match(state, #""invalid""#, "in"), drop), input(xt("match", "conntrack"), drop)),
    ]

    private static let closedOnes: [Case] = [
        Case(
            "a policy",
            closed), Case("a last drop", open, input(counter, drop)), Case("a last reject", open, input(reject)),
        Case("iptables' last reject", open, input(counter, xt("target", "REJECT"))),
        Case("the same port of TCP", closed, input(match(field("tcp", "dport"), "59501"), accept)),
        Case("another port", closed, input(match(field("udp", "dport"), "59502"), accept)),
        Case("not the port", closed, input(match(field("udp", "dport"), "59501", "!="), accept)),
        Case("low ports", closed, input(match(field("udp", "dport"), "1024", "<"), accept)),
        Case("too late", open, input(reject), input(port, accept)),
        Case("a chain that nobody jumps to", closed, Text.chain("in"), Text.rule(port, accept, in: "in")),
        Case(
            "a chain of another's table",
            closed, Text.chain("in", in: "other"),
            input(to("jump", "in")), Text.rule(port, accept, in: "in", table: "other")),
        Case(
            "a chain that rejects",
            open, Text.chain("end"), input(to("goto", "end")), input(port, accept), Text.rule(reject, in: "end")),
        Case(
            "a chain that returns before",
            closed, Text.chain("in"),
            input(to("jump", "in")), Text.rule(back, in: "in"), Text.rule(port, accept, in: "in")),
        Case("old flows", closed, input(established, accept)),
        Case("old flows by iptables", closed, input(xt("match", "conntrack"), counter, accept)),
        Case("the loopback", closed, input(match(meta("iif"), #""lo""#), accept)),
        Case("the tunnel", closed, input(match(meta("iifname"), #""wg*""#), accept)),
        Case(
            "pings",
            closed, input(match(meta("l4proto"), #""icmp""#), accept),
            input(match(field("icmp", "type"), #""echo-request""#), accept)),
        Case(
            "an empty set",
            closed, Text.elements("set", "ports", ""), input(match(field("udp", "dport"), #""@ports""#), accept)),
        Case("another address", closed, input(match(field("ip", "daddr"), #""203.0.113.8""#), port, accept)),
        Case(
            "IPv6",
            Text.chain("INPUT", family: "inet", hook: "input", policy: "drop"),
            Text.rule(match(meta("nfproto"), #""ipv6""#), port, accept, in: "INPUT", family: "inet")),
        Case("a map", closed, input(#"{"vmap": {"key": \#(state), "data": {"set": [["established", \#(accept)]]}}}"#)),
        Case(
            "logged and limited",
            closed, input(#"{"limit": {"rate": 3, "per": "minute"}}"#, xt("target", "LOG")),
            input(#"{"limit": {"rate": 3, "per": "minute"}}"#, #"{"log": {"prefix": "x"}}"#)),
    ]

    private static let someOnes: [Case] = [
        Case("", closed, input(match(field("ip", "saddr"), private10), port, accept)),
        Case(
            "",
            closed,
            input(match(field("ip", "saddr"), #"{"set": ["198.51.100.1", {"range": ["1.2.3.0", "1.2.3.9"]}]}"#), accept)
        ),
        Case("", open, input(match(field("ip", "saddr"), private10, "!="), reject)),
        Case(
            "",
            closed, Text.elements("set", "friends", #""198.51.100.1""#),
            input(match(field("ip", "saddr"), #""@friends""#), accept)),
    ]

    private static let passingOnes: [Case] = [
        Case("the tunnel", closedForward, forward(match(meta("iifname"), #""wg0""#), accept)),
        Case("its network", closedForward, forward(match(field("ip", "saddr"), tunnel), accept)),
        Case("a larger network", closedForward, forward(match(field("ip", "saddr"), private10), accept)),
        Case(
            "to the uplink",
            closedForward, forward(match(meta("iifname"), #""wg0""#), match(meta("oifname"), #""eth0""#), accept)),
        Case(
            "some of it",
            closedForward, forward(match(meta("iifname"), #""wg0""#), match(field("tcp", "dport"), "443"), accept)),
        Case(
            "new flows by iptables",
            closedForward, forward(match(meta("iifname"), #""wg0""#), xt("match", "conntrack"), accept)),
        Case(
            "a chain",
            closedForward, Text.chain("user"), forward(to("jump", "user")),
            Text.rule(match(meta("iifname"), #""wg0""#), accept, in: "user")),
        Case("a drop of others", openForward, forward(match(meta("iifname"), #""docker0""#), drop)),
    ]

    private static let stoppingOnes: [Case] = [
        Case("a policy", closedForward), Case("a last reject", openForward, forward(reject)),
        Case("a drop of the tunnel", openForward, forward(match(meta("iifname"), #""wg0""#), drop)),
        Case(
            "answers alone",
            closedForward,
            forward(
                established,
                accept), forward(match(meta("oifname"), #""wg0""#), established, accept)),
        Case("another tunnel", closedForward, forward(match(meta("iifname"), #""wg1""#), accept)),
        Case(
            "another network",
            closedForward,
            forward(match(field("ip", "saddr"), #"{"prefix": {"addr": "10.78.0.0", "len": 24}}"#), accept)),
        Case(
            "a chain that nobody jumps to",
            closedForward, Text.chain("user"), Text.rule(match(meta("iifname"), #""wg0""#), accept, in: "user")),
        Case(
            "Docker's",
            closedForward, Text.chain("DOCKER"),
            forward(match(meta("oifname"), #""docker0""#), xt("match", "conntrack"), accept),
            forward(match(meta("oifname"), #""docker0""#), to("jump", "DOCKER")),
            forward(match(meta("iifname"), #""docker0""#), match(meta("oifname"), #""docker0""#, "!="), accept)),
    ]

    private func grades(_ text: String, _ name: String, _ change: (inout Facts) -> Void = { _ in }) throws
        -> [Finding.Grade]
    {
        var facts = Facts.goodServer
        facts.interfaces.append(
            Interface(
                index: 3, name: "eth0",
                addresses: [InterfaceAddress(ip: IPAddress("203.0.113.7")!, prefixLength: 24)]))
        facts.rules = try Rules(json: Facts.rules(text))
        change(&facts)
        let findings = Doctor.findings(facts).filter { $0.name.hasPrefix(name) }
        #expect(Doctor.findings(facts).filter { $0.grade != .ok && !$0.name.hasPrefix(name) } == [])
        return findings.map(\.grade)
    }

    /// The kernel's chain lets a client's datagrams in, or nobody can tell.
    @Test(arguments: openOnes)
    func letsIn(_ test: Case) throws {
        #expect(try grades(test.text, "input-dropped-by") == [.ok])
    }

    /// It drops them for certain.
    @Test(arguments: closedOnes)
    func drops(_ test: Case) throws {
        #expect(try grades(test.text, "input-dropped-by") == [.fail])
    }

    /// Some senders are let in: it may be meant so.
    @Test(arguments: someOnes)
    func letsSomeIn(_ test: Case) throws {
        #expect(try grades(test.text, "input-dropped-by") == [.warn])
    }

    /// A chain that drops on one interface lets in on another.
    @Test func oneInterfaceIsEnough() throws {
        let text = Self.closed + Self.input(Self.match(Self.meta("iifname"), #""eth1""#), Self.accept)
        #expect(try grades(text, "input-dropped-by") == [.fail])
        let second = Interface(
            index: 4, name: "eth1", addresses: [InterfaceAddress(ip: IPAddress("198.51.100.7")!, prefixLength: 24)])
        #expect(try grades(text, "input-dropped-by") { $0.interfaces.append(second) } == [.ok])
    }

    /// Rules for IPv6 concern a server that has it.
    @Test func serversWithIPv6() throws {
        let text = Text.chain("INPUT", family: "ip6", hook: "input", policy: "drop")
        let address = InterfaceAddress(ip: IPAddress("2001:db8::7")!, prefixLength: 64)
        #expect(try grades(text, "input-dropped-by") { $0.interfaces[2].addresses.append(address) } == [.fail])
        #expect(
            try grades(text, "input-dropped-by") {
                $0.interfaces[2].addresses.append(address)
                $0.server?.listenAddress.host = "203.0.113.7"
            } == [.ok])
    }

    /// A chain for IPv6 stops clients that have it, on a server that has it.
    @Test func forwardingIPv6() throws {
        let text = Text.chain("FORWARD", family: "ip6", hook: "forward", policy: "drop")
        let address = InterfaceAddress(ip: IPAddress("2001:db8::7")!, prefixLength: 64)
        #expect(
            try grades(text, "forward-dropped-by") { $0.interfaces[2].addresses.append(address) } == [.ok],
            "clients have none")
        #expect(
            try grades(text, "forward-dropped-by") {
                $0.interfaces[2].addresses.append(address)
                $0.forwarded?.networks.append(AddressPrefix("fd00:77::/64")!)
            } == [.fail])
        #expect(
            try grades(text, "forward-dropped-by") { $0.forwarded?.networks.append(AddressPrefix("fd00:77::/64")!) }
                == [.ok], "the server has none")
    }

    @Test(arguments: passingOnes)
    func passesOn(_ test: Case) throws {
        #expect(try grades(test.text, "forward-dropped-by") == [.ok])
    }

    @Test(arguments: stoppingOnes)
    func stops(_ test: Case) throws {
        #expect(try grades(test.text, "forward-dropped-by") { $0.uplink = "eth0" } == [.fail])
    }

    private func masquerades(
        _ statements: String, hook: String = "postrouting", type: String = "nat"
    ) throws -> Bool {
        let text =
            Text.chain("post", in: "mine", hook: hook, type: type, policy: "accept")
            + Text.rule(statements, in: "post", table: "mine")
        var facts = Facts.goodServer
        facts.rules = try Rules(json: #"{"nftables": [{"metainfo": {}}\#(text)]}"#)
        return MasqueradeCheck.findings(facts).map(\.grade) == [.ok]
    }

    @Test func masquerading() throws {
        let masquerade = #"{"masquerade": null}"#
        func source(_ prefix: String, _ relation: String = "==") -> String {
            Self.match(Self.field("ip", "saddr"), prefix, relation)
        }
        func output(_ name: String, _ relation: String = "==") -> String {
            Self.match(Self.meta("oifname"), "\"\(name)\"", relation)
        }
        let docker = #"{"prefix": {"addr": "172.17.0.0", "len": 16}}"#
        #expect(try masquerades(masquerade))
        #expect(try masquerades([output("eth0"), masquerade].joined(separator: ", ")))
        #expect(try masquerades([source(Self.tunnel), output("wg0", "!="), masquerade].joined(separator: ", ")))
        #expect(try masquerades([source(Self.private10), masquerade].joined(separator: ", ")))
        #expect(try masquerades([source(docker, "!="), masquerade].joined(separator: ", ")))
        #expect(try masquerades([source(Self.tunnel), #"{"snat": {"addr": "203.0.113.7"}}"#].joined(separator: ", ")))
        #expect(try masquerades([source(Self.tunnel), Self.xt("target", "MASQUERADE")].joined(separator: ", ")))
        #expect(try !masquerades([source(docker), output("docker0", "!="), masquerade].joined(separator: ", ")))
        #expect(try !masquerades([source(docker), Self.xt("target", "MASQUERADE")].joined(separator: ", ")))
        #expect(try !masquerades([output("wg0"), masquerade].joined(separator: ", ")))
        #expect(try !masquerades([Self.accept, masquerade].joined(separator: ", ")))
        #expect(try !masquerades(masquerade, hook: "prerouting"))
        #expect(try !masquerades(masquerade, type: "filter"))
    }

    /// Firewalls are opened by their own commands.
    @Test func repairs() throws {
        func repair(_ text: String, _ name: String) throws -> [String] {
            var facts = Facts.goodServer
            facts.rules = try Rules(json: Facts.rules(text))
            return Doctor.findings(facts).first { $0.name.hasPrefix(name) }?.repair?.commands.map(\.description) ?? []
        }
        let firewalld = ["input", "forward"].map { hook in
            Text.chain("filter_\(hook)", in: "firewalld", family: "inet", hook: hook, policy: "accept")
                + Text.rule(Self.reject, in: "filter_\(hook)", table: "firewalld", family: "inet")
        }
        #expect(try repair(firewalld[0], "input-dropped-by") == ["firewall-cmd --add-port=59501/udp"])
        #expect(
            try repair(firewalld[1], "forward-dropped-by") == ["firewall-cmd --zone=trusted --add-interface=wg0"])
        let ufw = Self.closed + Self.closedForward + Text.chain("ufw-user-forward")
        #expect(try repair(ufw, "input-dropped-by") == ["ufw allow 59501/udp"])
        #expect(try repair(ufw, "forward-dropped-by") == ["ufw route allow in on wg0"])
        let some = Self.closed + Self.input(Self.match(Self.field("ip", "saddr"), Self.private10), Self.accept)
        #expect(try repair(some, "input-dropped-by") == [], "it may be meant so")
    }

    @Test func noRuleset() {
        for text in ["", "{}", "[]", "{\"nftables\": 1}", "nothing"] {
            #expect(throws: (any Error).self) { try Rules(json: text) }
        }
    }
}
