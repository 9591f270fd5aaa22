// SPDX-License-Identifier: GPL-2.0-or-later

@testable import Links
import Sockets
import Support

/// The kernel's side of the netlink conversation, slow and plain: lists, and a receive queue that overruns.
///
///     change ──► lists ──► notification ──┐
///                  └─────► part of a dump ┴──► queue (bounded) ──► next()
///
/// A part of a dump is filled from the lists first and queued later, so a notification can overtake it.
struct SimulatedKernel {
    private(set) var interfaces: [Interface] = []
    private var queue: [LinkEvent] = []
    private let queueMax: Int
    private var hasOverrun = false
    private(set) var overruns = 0
    private var nextIndex: Int32 = 2
    /// Counts changes, as the kernel does to notice that a dump is torn.
    private var version = 0

    private struct Dump {
        var request: NetlinkMirror.Request
        /// How much of the lists is in parts already.
        var done = 0
        /// The version the last part was filled from.
        var version: Int?
        var filled: [LinkEvent] = []
    }
    private var dump: Dump?

    init(queueMax: Int) { self.queueMax = queueMax }

    // MARK: The reader's side

    mutating func request(_ request: NetlinkMirror.Request) {
        precondition(dump == nil, "EBUSY")
        dump = Dump(request: request)
    }

    /// The next event, the loss of some first; nil when nothing waits.
    mutating func next() -> LinkEvent? {
        if hasOverrun {
            hasOverrun = false
            return LinkEvent(content: .overrun)
        }
        return queue.isEmpty ? nil : queue.removeFirst()
    }

    // MARK: The dump's side, in steps that changes may come between

    /// Copies the next few entries; they are not to be read before `queuePart()`.
    mutating func fillPart() {
        guard var dump, dump.filled.isEmpty else { return }
        let entries = entries(of: dump.request)
        let torn = dump.version.map { $0 != version } ?? false
        dump.version = version
        if torn { dump.filled.append(event(.dumpInterrupted, dump.request)) }
        let part = entries.dropFirst(dump.done).prefix(3)
        dump.filled += part.map { event($0, dump.request) }
        dump.done += part.count
        if dump.done >= entries.count { dump.filled.append(event(.dumpDone, dump.request)) }
        self.dump = dump
    }

    /// Makes the copied part readable. Parts of a dump are never lost.
    mutating func queuePart() {
        guard let filled = dump?.filled else { return }
        queue += filled
        dump?.filled = []
        if filled.last?.content == .dumpDone { dump = nil }
    }

    private func entries(of request: NetlinkMirror.Request) -> [LinkEvent.Content] {
        switch request {
        case .links:
            interfaces.map {
                var link = $0
                link.addresses = []
                return .link(link)
            }
        case .addresses: interfaces.flatMap { one in one.addresses.map { .address(record($0, of: one)) } }
        }
    }

    private func event(_ content: LinkEvent.Content, _ request: NetlinkMirror.Request) -> LinkEvent {
        switch request {
        case .links(let sequence), .addresses(let sequence):
            LinkEvent(content: content, isFromDump: true, sequence: sequence)
        }
    }

    // MARK: Changes

    mutating func change(using random: inout SeededGenerator) {
        version += 1
        guard let at = interfaces.indices.randomElement(using: &random), !random.chance(1, in: 8) else {
            return addLink(using: &random)
        }
        switch Int.random(in: 0..<8, using: &random) {
        case 0: removeLink(at)
        case 1:
            interfaces[at].name = "r\(version)"
            notifyLink(at)
        case 2:
            interfaces[at].isAdministrativelyUp.toggle()
            interfaces[at].hasCarrier.toggle()
            notifyLink(at)
        case 3, 4: removeAddress(at, using: &random)
        default: setAddress(at, using: &random)
        }
    }

    private mutating func addLink(using random: inout SeededGenerator) {
        guard interfaces.count < 8 else { return }
        let mtu = Int.random(in: 1280...9000, using: &random)
        interfaces.append(Interface(index: nextIndex, name: "n\(nextIndex)", mtu: mtu))
        nextIndex += 1
        notifyLink(interfaces.count - 1)
    }

    private mutating func removeLink(_ at: Int) {
        let gone = interfaces.remove(at: at)
        for address in gone.addresses { notify(.addressRemoved(record(address, of: gone))) }
        notify(.linkRemoved(index: gone.index))
    }

    private mutating func setAddress(_ at: Int, using random: inout SeededGenerator) {
        let host = Int.random(in: 1...6, using: &random)
        let ip = IPAddress(random.chance(1, in: 2) ? "10.0.0.\(host)" : "2001:db8::\(host)")!
        let address = InterfaceAddress(ip: ip, prefixLength: 24, isDeprecated: random.chance(1, in: 3))
        if let known = interfaces[at].addresses.firstIndex(where: { $0.ip == ip }) {
            interfaces[at].addresses[known] = address
        } else {
            interfaces[at].addresses.append(address)
        }
        notify(.address(record(address, of: interfaces[at])))
    }

    private mutating func removeAddress(_ at: Int, using random: inout SeededGenerator) {
        guard let position = interfaces[at].addresses.indices.randomElement(using: &random) else { return }
        let gone = interfaces[at].addresses.remove(at: position)
        notify(.addressRemoved(record(gone, of: interfaces[at])))
    }

    private func record(_ address: InterfaceAddress, of interface: Interface) -> AddressRecord {
        AddressRecord(
            index: interface.index, address: address, peer: address.ip.family == .v4 ? .anyV4 : .anyV6)
    }

    private mutating func notifyLink(_ at: Int) {
        var link = interfaces[at]
        link.addresses = []
        notify(.link(link))
    }

    private mutating func notify(_ content: LinkEvent.Content) {
        guard queue.count < queueMax else {
            hasOverrun = true
            overruns += 1
            return
        }
        queue.append(LinkEvent(content: content))
    }
}
