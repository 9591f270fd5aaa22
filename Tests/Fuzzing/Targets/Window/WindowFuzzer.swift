// SPDX-License-Identifier: GPL-2.0-or-later

import Driver
import WireGuardWire

@testable import DataPlane

/// Steps of four bytes: how late it is, who the receiver is, which counter, which tag. What the window calls a copy must
/// be one, by a table that forgets nothing.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ length: Int) -> CInt {
    var random = SystemRandomNumberGenerator()
    var window = DuplicateWindow(entries: 64, random: &random)
    var now: UInt32 = .max - 3_000_000
    var firstSeen: [[UInt8]: UInt32] = [:]
    let steps = Array(UnsafeBufferPointer(start: bytes, count: length))
    for step in stride(from: 0, to: steps.count - 3, by: 4) {
        now &+= UInt32(steps[step]) * 20_000
        var datagram = [UInt8](repeating: 0, count: 32 + Int(steps[step + 3] & 3))
        datagram[0] = 4
        datagram[4] = steps[step + 1] & 3
        datagram[8] = steps[step + 2]
        datagram[datagram.count - 1] = steps[step + 3]
        let isPending = steps[step + 1] & 128 != 0
        datagram.withUnsafeBytes {
            let key = window.key(Message($0.baseAddress!, length: $0.count), $0.baseAddress!, $0.count)
            if window.find(key, now: now) != nil {
                guard let first = firstSeen[datagram] else { preconditionFailure("a new datagram is called a copy") }
                precondition(now &- first <= 4_000_000, "one that came long ago is called a copy")
            } else {
                window.insert(key, now: now, owner: 1, member: 0, isPending: isPending)
                firstSeen[datagram] = now
            }
        }
    }
    return 0
}

@_cdecl("fuzz_window_main")
public func main(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    drive(count, arguments, fuzz)
}
