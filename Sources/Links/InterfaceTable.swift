// SPDX-License-Identifier: GPL-2.0-or-later

internal import Sockets

/// The machine's interfaces with their addresses, as a value.
///
/// It is kept true by events, and made true again by a dump: everything the dump does not mention and no
/// event has brought since the dump began is swept out at its end. Tables are equal when their interfaces
/// are.
public struct InterfaceTable: Sendable {
    private struct Entry {
        /// Nil while only addresses have been heard of.
        var link: Marked<Interface>?
        var addresses: [Marked<AddressRecord>] = []
    }

    private struct Marked<Value: Sendable>: Sendable {
        var value: Value
        /// The dump that was the latest to begin when this was last heard of.
        var dump: UInt64
    }

    private var entries: [Int32: Entry] = [:]
    private var dump: UInt64 = 0

    /// A table of these interfaces, for those who have one from elsewhere.
    public init(_ interfaces: [Interface] = []) {
        for interface in interfaces {
            apply(.link(interface))
            for address in interface.addresses {
                let unspecified = address.ip.family == .v4 ? IPAddress.anyV4 : .anyV6
                apply(.address(AddressRecord(index: interface.index, address: address, peer: unspecified)))
            }
        }
    }

    /// All interfaces by rising index.
    public var interfaces: [Interface] { entries.keys.sorted().compactMap { self[$0] } }

    /// The interface of that index.
    public subscript(index: Int32) -> Interface? {
        guard let entry = entries[index], var interface = entry.link?.value else { return nil }
        interface.addresses = Self.ordered(entry.addresses.map(\.value.address))
        return interface
    }

    /// The interface that has that name now.
    public func interface(named name: String) -> Interface? {
        entries.first { $0.value.link?.value.name == name }.flatMap { self[$0.key] }
    }

    private static func ordered(_ addresses: [InterfaceAddress]) -> [InterfaceAddress] {
        var ordered: [InterfaceAddress] = []
        // Point-to-point addresses of one interface may differ in the far end only; here they are one.
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
    /// Takes in one fact. Those that are about the conversation rather than about interfaces change nothing.
    ///
    /// - Parameter isFromDump: addresses then take the order in which they come.
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

    /// A complete enumeration begins: from now on, what is heard of is marked.
    mutating func beginDump() { dump += 1 }

    /// The enumeration was complete: what it did not bring is gone.
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
