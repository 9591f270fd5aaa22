// SPDX-License-Identifier: GPL-2.0-or-later

@testable import DataPlane

extension EventWriter {
    /// The end of a ring of its own that nobody reads, for as long as the process lives.
    static var unread: EventWriter {
        let ring = try! EventRing()
        _ = Unmanaged.passRetained(ring)
        return ring.writer
    }
}
