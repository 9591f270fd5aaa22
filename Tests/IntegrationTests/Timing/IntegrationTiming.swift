// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Testing
import Timing

/// What both programs take time for, in real namespaces over real links; see ``Integration`` for what they do.
@Suite(
    .serialized, .timing, .onlyWhenTiming,
    .enabled(if: Privileges.obstacle == nil, Comment(rawValue: "skipped: \(Privileges.obstacle ?? "")")))
struct IntegrationTiming {}
