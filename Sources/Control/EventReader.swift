// SPDX-License-Identifier: GPL-2.0-or-later

internal import DataPlane
internal import Dispatch
internal import Sockets

/// Calls a handler on a queue for each event of the data plane.
final class EventReader {
    private let source: any DispatchSourceRead

    init(queue: DispatchQueue, events: EventRing, handler: @escaping (Event) -> Void) {
        source = DispatchSource.makeReadSource(fileDescriptor: events.descriptor, queue: queue)
        source.setEventHandler {
            events.acknowledge()
            while let event = events.next() { handler(event) }
        }
        source.activate()
    }

    func stop() { source.cancel() }
}

extension Event {
    /// One line for the log, or nil for what is no news for people.
    ///
    /// - Parameter name: what people call a socket, a path or, with a handle, a socket's tenant.
    func line(_ name: (EventTarget) -> String?) -> String? {
        switch self {
        case .offloadLost(let target, let errno):
            name(target).map {
                "\($0): the kernel refuses segmentation offload (\(Errno(errno))); datagrams leave one by one for a while"
            }
        case .offloadTried(let target): name(target).map { "\($0): segmentation offload is tried again" }
        case .receiveFailed(let socket, let errno):
            name(.socket(slot: socket.slot)).map {
                "\($0): its datagrams cannot be received (\(Errno(errno))); trying again every second"
            }
        case .released, .retired, .pathsChanged, .traffic: nil
        }
    }
}
