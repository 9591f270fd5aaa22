// SPDX-License-Identifier: GPL-2.0-or-later

/// The first line of each file that setup writes.
func heading(_ command: String) -> String {
    "# Written by engarde \(command). When it runs again, changes made by hand are kept in a copy ending in .old.\n"
}
