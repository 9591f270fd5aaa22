// SPDX-License-Identifier: GPL-2.0-or-later

internal import Sockets

/// The machine's interfaces with their addresses, as a value.
///
/// Events keep it current, and dumps correct it: entries that neither the dump nor an event since its begin has
/// mentioned are removed at its end. Tables are equal when their interfaces are.
public struct InterfaceTable: Sendable {
    private struct Entry {
        /// The interface; nil while only addresses are known.
        var link: Marked<Interface>?
        var addresses: [Marked<AddressRecord>] = []
    }

    private struct Marked<Value: Sendable>: Sendable {
        var value: Value
        /// The number of the latest dump when this was last mentioned.
        var dump: UInt64
    }

    private var entries: [Int32: Entry] = [:]
    private var dump: UInt64 = 0

    /// Creates a table of given interfaces.
    public init(_ interfaces: [Interface] = []) {
        for interface in interfaces {
            apply(.link(interface))
            for address in interface.addresses {
                let unspecified = address.ip.family == .v4 ? IPAddress.anyV4 : .anyV6
                apply(.address(AddressRecord(index: interface.index, address: address, peer: unspecified)))
            }
        }
    }

    /// All interfaces in the order of their indices.
    public var interfaces: [Interface] { entries.keys.sorted().compactMap { self[$0] } }

    /// Returns the interface with an index.
    public subscript(index: Int32) -> Interface? {
        guard let entry = entries[index], var interface = entry.link?.value else { return nil }
        interface.addresses = Self.ordered(entry.addresses.map(\.value.address))
        return interface
    }

    /// Returns the interface with a name.
    public func interface(named name: String) -> Interface? {
        entries.first { $0.value.link?.value.name == name }.flatMap { self[$0.key] }
    }

    private static func ordered(_ addresses: [InterfaceAddress]) -> [InterfaceAddress] {
        var ordered: [InterfaceAddress] = []
        // Point-to-point addresses of one interface may differ in the peer only; they count as one here.
        for address in addresses where address.ip.family == .v4 && !ordered.contains(address) {
            ordered.append(address)
        }
        return ordered
            + addresses.filter { $0.ip.family == .v6 }
            .sorted { $0.ip.bytes.lexicographicallyPrecedes($1.ip.bytes) }
    }
}

extension InterfaceTable: Equatable {
    public static func == (a: InterfaceTable, b: InterfaceTable) -> Bool { a.interfaces == b.interfaces }
}

extension InterfaceTable {
    /// Applies an event. Events that are not about interfaces change nothing.
    ///
    /// - Parameter isFromDump: true to order addresses as the dump does.
    mutating func apply(_ content: LinkEvent.Content, isFromDump: Bool = false) {
        switch content {
        case .link(var link):
            link.addresses = []
            entries[link.index, default: Entry()].link = Marked(value: link, dump: dump)
        case .linkRemoved(let index): entries[index] = nil
        case .address(let record): set(record, isFromDump: isFromDump)
        case .addressRemoved(let record):
            entries[record.index]?.addresses.removeAll { $0.value.isSame(as: record) }
        case .routeChanged, .dumpDone, .dumpInterrupted, .overrun, .requestFailed: break
        }
    }

    private mutating func set(_ record: AddressRecord, isFromDump: Bool) {
        let marked = Marked(value: record, dump: dump)
        let known = entries[record.index]?.addresses.firstIndex { $0.value.isSame(as: record) }
        switch known {
        case let position? where isFromDump:
            entries[record.index]?.addresses.remove(at: position)
            entries[record.index]?.addresses.append(marked)
        case let position?: entries[record.index]?.addresses[position] = marked
        case nil: entries[record.index, default: Entry()].addresses.append(marked)
        }
    }

    /// Begins a dump: entries that are mentioned from now on are marked.
    mutating func beginDump() { dump += 1 }

    /// Ends a complete dump: removes all entries that are not marked.
    mutating func finishDump() {
        for (index, var entry) in entries {
            if let link = entry.link, link.dump != dump {
                entries[index] = nil
                continue
            }
            entry.addresses.removeAll { $0.dump != dump }
            entries[index] = entry.link == nil && entry.addresses.isEmpty ? nil : entry
        }
    }
}
