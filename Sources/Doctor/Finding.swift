// SPDX-License-Identifier: GPL-2.0-or-later

public import Host

/// The result of one check of one thing.
public struct Finding: Hashable, Sendable {
    public enum Grade: String, Hashable, Sendable, Comparable {
        case ok, warn
        case fail = "FAIL"

        /// Worse is greater.
        public static func < (left: Grade, right: Grade) -> Bool { left.badness < right.badness }

        private var badness: Int {
            switch self {
            case .ok: 0
            case .warn: 1
            case .fail: 2
            }
        }
    }

    /// The check's name, and the link or chain it is about: `no-gateway eth1`.
    public var name: String
    public var grade: Grade
    public var fact: String
    /// nil when there is nothing to repair, or nothing that could be done from here.
    public var repair: Repair?

    init(_ name: String, _ grade: Grade, _ fact: String, _ repair: Repair? = nil) {
        self.name = name
        self.grade = grade
        self.fact = fact
        self.repair = repair
    }
}

extension Finding: CustomStringConvertible {
    /// `FAIL wireguard-mtu: wg0 has … — ip link set mtu 1420 dev wg0`
    public var description: String {
        let mark = grade.rawValue + String(repeating: " ", count: 5 - grade.rawValue.count)
        return "\(mark)\(name): \(fact)\(repair.map { " — \($0)" } ?? "")"
    }
}

/// The commands and the advice that mend a finding.
public struct Repair: Hashable, Sendable {
    /// Run in order; empty for what only a person can do.
    public var commands: [Command]
    /// The rest that a person has to do, as to have it for good.
    public var advice: String

    init(_ commands: [Command] = [], _ advice: String = "") {
        self.commands = commands
        self.advice = advice
    }
}

extension Repair: CustomStringConvertible {
    public var description: String {
        let commands = commands.map(\.description).joined(separator: " && ")
        return [commands, advice].filter { !$0.isEmpty }.joined(separator: "; ")
    }
}
