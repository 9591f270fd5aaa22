// SPDX-License-Identifier: GPL-2.0-or-later

extension ClientStatus {
    /// The interfaces that ought to carry.
    public var expectedLinks: [LinkStatus] { links.filter(\.isExpected) }

    /// The number of links that ought to carry, with those that are no interfaces of the machine now.
    public var expectedLinkCount: Int { expectedLinks.count + missingLinks.count }
}
