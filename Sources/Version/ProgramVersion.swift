// SPDX-License-Identifier: GPL-2.0-or-later

/// What `--version` prints and the API tells: what the file `VERSION` says and, in a clone that has gone on since, by
/// how many commits and to which, as in `0.1.0+12.g1234abcd`.
///
/// Never inlined, so that a new version recompiles this module alone.
public var programVersion: String {
    @inline(never) get { generatedVersion }
}
