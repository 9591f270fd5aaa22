// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Testing

let skipReason = Comment(rawValue: "skipped: \(Privileges.obstacle ?? "")")
