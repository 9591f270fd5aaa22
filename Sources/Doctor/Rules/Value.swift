// SPDX-License-Identifier: GPL-2.0-or-later

internal import Sockets

/// The value of a packet that a rule looks at, as far as it is known.
enum Value {
    /// Its one value has these names.
    case words(Set<String>)
    case number(Int)
    case interface(Packet.Interface)
    case addresses(Packet.Addresses)
    /// The packet has no such field, so that no condition holds.
    case absent
    case unknown

    /// Returns whether the value meets a condition.
    ///
    /// - Parameters:
    ///   - relation: as nft prints it; `in` and `==` are the same but for flags.
    ///   - others: what the value is compared to: one of these is enough.
    func meets(_ relation: String, _ others: [Tree]) -> Answer {
        if case .absent = self { return .no }
        let bound = others.first?.integer
        switch (relation, self) {
        case ("==", _), ("in", _): return isOne(of: others)
        case ("!=", _): return isOne(of: others).negated
        case ("<", .number(let number)): return bound.map { Answer(number < $0) } ?? .maybe
        case (">", .number(let number)): return bound.map { Answer(number > $0) } ?? .maybe
        case ("<=", .number(let number)): return bound.map { Answer(number <= $0) } ?? .maybe
        case (">=", .number(let number)): return bound.map { Answer(number >= $0) } ?? .maybe
        default: return .maybe
        }
    }

    func isOne(of others: [Tree]) -> Answer { others.map { isCovered(by: $0) }.max() ?? .no }

    private func isCovered(by other: Tree) -> Answer {
        // An element with a timeout or a counter.
        if let value = other["elem"]?["val"] { return isCovered(by: value) }
        switch self {
        case .words(let names): return other.word.map { Answer(names.contains($0)) } ?? .maybe
        case .number(let number):
            if let bounds = other["range"]?.list?.map(\.integer), bounds.count == 2, let first = bounds[0],
                let last = bounds[1]
            {
                return Answer(first <= number && number <= last)
            }
            return other.integer.map { Answer(number == $0) } ?? .maybe
        case .interface(let interface): return other.text.map { Self.matches(interface, $0) } ?? .maybe
        case .addresses(let addresses): return Self.lies(addresses, in: other)
        case .absent: return .no
        case .unknown: return .maybe
        }
    }

    private static func matches(_ interface: Packet.Interface, _ pattern: String) -> Answer {
        switch interface {
        case .named(let name):
            Answer(pattern.hasSuffix("*") ? name.hasPrefix(pattern.dropLast()) : name == pattern)
        case .other(let names): names.contains(pattern) ? .no : .maybe
        case .unknown: .maybe
        }
    }

    private static func lies(_ addresses: Packet.Addresses, in other: Tree) -> Answer {
        let prefix = other["prefix"]
        let text = prefix.map { "\($0["addr"]?.text ?? "")/\($0["len"]?.integer ?? -1)" } ?? other.text
        guard let block = text.flatMap({ AddressPrefix($0) }) else {
            // A range.
            if case .elsewhere = addresses, other["range"] != nil { return .no }
            return .maybe
        }
        if block.bits == 0 { return .yes }
        switch addresses {
        case .elsewhere: return .no
        case .unknown: return .maybe
        case .within(let blocks):
            let same = blocks.filter { $0.base.family == block.base.family }
            if same.isEmpty { return .maybe }
            if same.allSatisfy({ block.bits <= $0.bits && block.contains($0.base) }) { return .yes }
            return same.contains { $0.contains(block.base) || block.contains($0.base) } ? .maybe : .no
        }
    }
}
