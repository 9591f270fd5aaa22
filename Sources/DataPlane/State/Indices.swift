// SPDX-License-Identifier: GPL-2.0-or-later

/// The place of a path in ``PathTable`` and in the statistics.
struct PathIndex: BitwiseCopyable, Hashable {
    let raw: Int32

    @_noLocks
    init(_ raw: Int32) { self.raw = raw }

    /// As an index into memory.
    var position: Int { @_noLocks get { Int(raw) } }

    @_noLocks
    static func == (one: PathIndex, other: PathIndex) -> Bool { one.raw == other.raw }

    @_noLocks
    static func == (one: PathIndex?, other: PathIndex) -> Bool { if let one { one.raw == other.raw } else { false } }
}

/// The place of a session in ``SessionTable`` and in the statistics.
struct SessionIndex: BitwiseCopyable, Hashable {
    let raw: Int32

    @_noLocks
    init(_ raw: Int32) { self.raw = raw }

    /// As an index into memory.
    var position: Int { @_noLocks get { Int(raw) } }

    @_noLocks
    static func == (one: SessionIndex, other: SessionIndex) -> Bool { one.raw == other.raw }

    @_noLocks
    static func == (one: SessionIndex?, other: SessionIndex) -> Bool { if let one { one.raw == other.raw } else { false } }

    @_noLocks
    static func != (one: SessionIndex?, other: SessionIndex) -> Bool { if let one { one.raw != other.raw } else { true } }
}

/// The place of a datagram in a ``DuplicateWindow``.
struct WindowEntry: BitwiseCopyable, Hashable {
    let position: Int

    @_noLocks
    init(_ position: Int) { self.position = position }
}
