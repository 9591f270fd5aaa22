// SPDX-License-Identifier: GPL-2.0-or-later

/// How long a test waits for what is to happen, in seconds.
///
/// Far longer than anything takes on a machine whose processors are busy with other work: a test that waited so long
/// has met a fault, not a slow machine. What measures how long something takes belongs to `make test-timing`.
public enum Patience {
    public static let seconds = 60.0
    public static let milliseconds: Int32 = 60_000
}
