// SPDX-License-Identifier: GPL-2.0-or-later

public import Glibc

/// The address of a socket on this machine: a path, or a name in the abstract namespace.
public struct UnixAddress: Hashable, Sendable {
    /// As the kernel takes it: an abstract name begins with a zero.
    private let bytes: [UInt8]

    /// - Returns: nil for a longer path than the kernel takes.
    public init?(path: String) { self.init(Array(path.utf8)) }

    /// - Parameter place: a path, or a name in the abstract namespace behind `@`.
    /// - Returns: nil for a longer one than the kernel takes.
    public init?(place: String) { self.init(place.hasPrefix("@") ? [0] + place.utf8.dropFirst() : Array(place.utf8)) }

    private init?(_ bytes: [UInt8]) {
        guard bytes.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path) else { return nil }
        self.bytes = bytes
    }

    /// Lends the address in the kernel's own layout, and its length.
    public func withKernel<R>(_ body: (UnsafePointer<sockaddr_un>, socklen_t) -> R) -> R {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        // A path ends with a zero, an abstract name with the length.
        let end = bytes.first == 0 ? 0 : 1
        let length = MemoryLayout<sockaddr_un>.offset(of: \.sun_path)! + bytes.count + end
        return unsafe withUnsafePointer(to: address) { unsafe body($0, socklen_t(length)) }
    }
}
