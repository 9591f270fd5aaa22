// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Testing

/// Lays datagrams flush against a page that must not be touched: whoever reads behind one crashes the test.
final class Fence {
    private static let pageSize = 4096
    /// Room before the page: the largest datagram, in whole pages.
    private static let room = 65_536
    private let start: UnsafeMutableRawPointer

    init() throws {
        let mapped = mmap(
            nil, Self.room + Self.pageSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        start = try #require(mapped != MAP_FAILED ? mapped : nil)
        try #require(mprotect(start + Self.room, Self.pageSize, PROT_NONE) == 0)
    }

    deinit { munmap(start, Self.room + Self.pageSize) }

    func with<Result>(_ bytes: [UInt8], _ body: (UnsafeRawPointer, Int) -> Result) -> Result {
        let place = start + (Self.room - bytes.count)
        place.copyMemory(from: bytes, byteCount: bytes.count)
        return body(UnsafeRawPointer(place), bytes.count)
    }
}
