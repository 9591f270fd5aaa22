// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Testing
import Undisturbed

/// Both programs as they ship, in real namespaces over real links, with each engine.
///
/// One test at a time, since each measures. They need root; without it they are skipped and say so.
@Suite(
    .serialized, .undisturbed,
    .enabled(if: Privileges.obstacle == nil, Comment(rawValue: "skipped: \(Privileges.obstacle ?? "")")))
struct Integration {}
