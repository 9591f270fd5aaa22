// SPDX-License-Identifier: GPL-2.0-or-later

/// Items of a ruleset as nft prints them, each with a comma before it.
enum RulesText {
    /// A chain of a hook.
    static func chain(
        _ name: String, in table: String = "filter", family: String = "ip", hook: String, type: String = "filter",
        policy: String
    ) -> String {
        #", {"chain": {"family": "\#(family)", "table": "\#(table)", "name": "\#(name)", "handle": 1, "#
            + #""type": "\#(type)", "hook": "\#(hook)", "prio": 0, "policy": "\#(policy)"}}"#
    }

    /// A chain that rules jump to.
    static func chain(_ name: String, in table: String = "filter", family: String = "ip") -> String {
        #", {"chain": {"family": "\#(family)", "table": "\#(table)", "name": "\#(name)", "handle": 2}}"#
    }

    static func rule(
        _ statements: String..., in chain: String, table: String = "filter", family: String = "ip"
    ) -> String {
        #", {"rule": {"family": "\#(family)", "table": "\#(table)", "chain": "\#(chain)", "handle": 9, "expr": ["#
            + statements.joined(separator: ", ") + "]}}"
    }

    static func elements(_ kind: String, _ name: String, _ list: String, table: String = "filter") -> String {
        #", {"\#(kind)": {"family": "ip", "name": "\#(name)", "table": "\#(table)", "#
            + #""type": "inet_service", "handle": 3, "elem": [\#(list)]}}"#
    }
}
