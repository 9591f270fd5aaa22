// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Testing

/// The tests rely on the fence to notice a byte read too many; so it has to.
@Suite struct FenceTests {
    @Test func oneByteTooManyIsNoticed() async {
        await #expect(processExitsWith: .signal(SIGSEGV)) {
            let byte = try Fence().with([1, 2, 3]) { bytes, length in bytes.load(fromByteOffset: length, as: UInt8.self) }
            print(byte)
        }
    }

    @Test func theLastByteMayBeRead() throws {
        let bytes = try Fence().with([1, 2, 3]) { bytes, length in
            (bytes.load(as: UInt8.self), bytes.load(fromByteOffset: length - 1, as: UInt8.self))
        }
        #expect(bytes == (1, 3))
    }
}
