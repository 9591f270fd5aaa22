// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import DataPlane
internal import Links
internal import Logging
internal import Settings
internal import Sockets
internal import Status

/// What each interface should be, made so: sockets opened and closed, the data plane told which carry.
extension ClientControl {
    /// Makes the sockets and the fan-out what interfaces, routes, names and exclusions say they should be.
    func reconcile() {
        for index in links.keys where table[index] == nil {
            leave(&links[index]!, .gone)
            links[index] = nil
        }
        for interface in table.interfaces {
            var link = links[interface.index] ?? Link(name: interface.name, now: engarde_monotonic_nanoseconds())
            link.name = interface.name
            follow(&link, interface)
            links[interface.index] = link
        }
        ticker?.wake()
    }

    private func follow(_ link: inout Link, _ interface: Interface) {
        let verdict = policy.judge(
            interface, current: link.pair?.source, answered: answered, routes: routes
        ) { self.resolver.addresses(of: $0) }
        switch verdict {
        case .carries(let candidates):
            let pair = link.selection.update(
                candidates, now: engarde_monotonic_nanoseconds(), lastReceived: lastReceived(link))
            carry(&link, interface, pair)
        case .idle(let reason):
            // The socket and its port wait for the link, unless their address is gone.
            let hasAddress = interface.addresses.contains { $0.ip == link.pair?.source }
            if reason.mayPass && hasAddress { park(&link, reason) } else { leave(&link, .idle(reason)) }
        case .excluded(let cause): leave(&link, .excluded(cause))
        }
    }

    private func carry(_ link: inout Link, _ interface: Interface, _ pair: CandidatePair) {
        if link.pair?.source != pair.source {
            guard open(&link, interface, pair) else { return }
            // Another address is another link to everybody on the way.
            link.isCarrying = false
        } else if link.pair != pair {
            guard connect(&link, to: pair) else { return }
        }
        join(&link, interface)
    }

    /// Puts a link's socket into the fan-out.
    private func join(_ link: inout Link, _ interface: Interface) {
        guard let served = link.socket, let pair = link.pair else { return }
        let bytes = Int32(clamping: TunnelMTU.largestDatagram(mtu: interface.mtu, pair.source.family))
        if link.fit?.socket != served.handle || link.fit?.bytes != bytes {
            dataPlane.mailbox.post(.fit(served.handle, datagramBytes: bytes))
            link.fit = (served.handle, bytes)
        }
        if !link.isCarrying {
            dataPlane.mailbox.post(.carry(served.handle, true))
            link.isCarrying = true
            expectedLinks.note(link.name)
            link.joined = engarde_monotonic_nanoseconds()
            link.expectedRepliesWhenJoined = dataPlane.counters.value(.expectedReplies)
        }
        become(&link, .carrying(pair))
        warn(&link, interface, pair)
    }

    /// Opens a socket for `pair` in the place of the one the link has, if any. False when there is none to be had.
    private func open(_ link: inout Link, _ interface: Interface, _ pair: CandidatePair) -> Bool {
        guard link.socket != nil || hasPlace(now: engarde_monotonic_nanoseconds()) else {
            wait(&link)
            return false
        }
        do throws(Errno) {
            let socket = try UDPSocket.open(pair.source.family)
            socket.enlargeBuffers(send: UDPSocket.linkSendBytes)
            socket.apply(configuration.tuning, log)
            try socket.bindToDevice(index: interface.index)
            try socket.bind(to: SocketAddress(pair.source, port: 0))
            try socket.connect(to: pair.destination)
            guard let served = slots.attach(socket, .link) else {
                wait(&link)
                return false
            }
            retireSocket(&link)
            link.socket = served
            link.pair = pair
            return true
        } catch {
            leave(&link, .failed(error))
            return false
        }
    }

    private func connect(_ link: inout Link, to pair: CandidatePair) -> Bool {
        do throws(Errno) {
            try link.socket?.socket.connect(to: pair.destination)
            link.pair = pair
            return true
        } catch {
            leave(&link, .failed(error))
            return false
        }
    }

    /// Takes a link out of the fan-out and keeps its socket.
    private func park(_ link: inout Link, _ reason: IdleReason) {
        if let served = link.socket, link.isCarrying { dataPlane.mailbox.post(.carry(served.handle, false)) }
        link.isCarrying = false
        become(&link, .idle(reason))
    }

    /// Takes a link out of the fan-out and closes its socket.
    func leave(_ link: inout Link, _ state: Link.State) {
        retireSocket(&link)
        link.isCarrying = false
        become(&link, state)
    }

    private func retireSocket(_ link: inout Link) {
        if let served = link.socket {
            link.lastReceivedBefore = lastReceived(link)
            lastReceivedBefore = max(lastReceivedBefore, link.lastReceivedBefore)
            slots.detach(served)
        }
        link.socket = nil
        link.pair = nil
    }

    private func become(_ link: inout Link, _ state: Link.State) {
        guard state != link.state else { return }
        let wasNews = link.state?.isNews ?? false
        link.state = state
        if !link.isCarrying { link.warning = "" }
        log.log(level: state.isNews || wasNews ? .notice : .debug, "link \(link.name): \(state)")
        noteChange(&link)
    }

    /// Warns once of a kernel that drops what comes over the link.
    private func warn(_ link: inout Link, _ interface: Interface, _ pair: CandidatePair) {
        let warning = ReversePathFilter.warning(interface, pair, routes) ?? ""
        guard warning != link.warning else { return }
        link.warning = warning
        if !warning.isEmpty { log.warning("link \(link.name): \(warning)") }
    }

    // MARK: Places

    /// Whether one more link can carry, after one of no use has given way if need be.
    private func hasPlace(now: Int64) -> Bool {
        let occupants = links.filter { $0.value.socket != nil }
        guard occupants.count >= LinkPlaces.count else { return true }
        let expectedReplies = dataPlane.counters.value(.expectedReplies)
        let candidates = occupants.map { index, link in
            LinkPlaces.Occupant(
                index: index, joined: link.joined, hasBroughtSomething: lastReceived(link) > 0,
                wasAsked: expectedReplies > link.expectedRepliesWhenJoined)
        }
        guard let index = LinkPlaces.givingWay(candidates, now: now) else { return false }
        wait(&links[index]!)
        return true
    }

    /// Has a link wait for a place.
    private func wait(_ link: inout Link) {
        link.waitingSince = engarde_monotonic_nanoseconds()
        leave(&link, .tooMany)
    }

    /// Gives places to links that wait, those first that have waited longest, while there are any to give.
    func placeWaiting(now: Int64) {
        let waiting = links.filter { $0.value.state == .tooMany }
            .sorted { $0.value.waitingSince < $1.value.waitingSince }
        for (index, _) in waiting {
            guard hasPlace(now: now) else { return }
            guard let interface = table[index], var link = links[index] else { continue }
            follow(&link, interface)
            links[index] = link
        }
    }

    // MARK: Silence

    /// Tries another pair of addresses, or another source port, over a link that brings nothing.
    func seekAnswer(_ index: Int32, now: Int64) {
        guard let interface = table[index], var link = links[index], link.isCarrying else { return }
        let evidence = CandidateSelection.Evidence(
            now: now, lastReceived: lastReceived(link), isSilent: link.judgement.state == .silent,
            questions: dataPlane.counters.value(.expectedReplies))
        let (before, socket) = (link.pair, link.socket)
        if let attempt = link.selection.attempt(evidence) {
            let needsSocket = attempt.needsNewPort || attempt.pair.source != before?.source
            let hasMoved = needsSocket ? open(&link, interface, attempt.pair) : connect(&link, to: attempt.pair)
            if hasMoved, let served = link.socket {
                if served !== socket { dataPlane.mailbox.post(.carry(served.handle, true)) }
                if attempt.pair == before {
                    log.notice("link \(link.name): no answer, tries source port \(served.socket.localAddress.port)")
                }
                join(&link, interface)
            }
        }
        links[index] = link
    }

    /// When something last came over a link; 0 for never.
    func lastReceived(_ link: Link) -> Int64 {
        guard let handle = link.socket?.handle else { return link.lastReceivedBefore }
        // Until the data plane has taken a socket in, its slot has the figures of the one before.
        let isAttached = dataPlane.counters.generation(slot: handle.slot) == handle.generation
        return max(link.lastReceivedBefore, isAttached ? lastReceived(handle.slot) : 0)
    }
}
