// SPDX-License-Identifier: GPL-2.0-or-later

@testable import DataPlane

extension PathIndex: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int32) { self.init(value) }
}

extension SessionIndex: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int32) { self.init(value) }
}
