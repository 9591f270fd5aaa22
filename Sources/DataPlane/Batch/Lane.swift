// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket

/// Collects segments of one direction into runs.
///
/// Each direction has its own slices, so that a run goes on growing while the other direction's datagrams arrive
/// between its own.
@safe
struct Lane: ~Copyable {
    let slices: UnsafeMutablePointer<iovec>
    var sliceCount = 0
    /// Index of the run that may still grow, or -1.
    var openRun: Int32 = -1

    init() {
        unsafe slices = .allocate(capacity: Limits.slices)
        unsafe slices.initialize(repeating: iovec(), count: Limits.slices)
    }

    deinit { unsafe slices.deallocate() }

    @_noLocks
    mutating func clear() {
        sliceCount = 0
        openRun = -1
    }
}
