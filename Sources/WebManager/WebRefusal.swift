// SPDX-License-Identifier: GPL-2.0-or-later

/// Why the web manager is not served, in one line with what to do.
struct WebRefusal: Error, Hashable, CustomStringConvertible {
    var description: String
    /// Whether it may pass by itself, so that it is worth trying again.
    var mayPass: Bool
}
