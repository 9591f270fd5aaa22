// SPDX-License-Identifier: GPL-2.0-or-later

/// Why a file has no tree at all.
struct YAMLProblem: Error {
    var position: YAMLPosition
    var found: String
    var wanted: String
}
