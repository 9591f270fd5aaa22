// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Testing

/// Both programs as they ship, in real namespaces over real links, with each engine.
///
/// One test at a time, for each starts many programs. They need root; without it they are skipped and say so.
@Suite(
    .serialized,
    .enabled(if: Privileges.obstacle == nil, Comment(rawValue: "skipped: \(Privileges.obstacle ?? "")")))
struct Integration {}
