// SPDX-License-Identifier: GPL-2.0-or-later

import Driver
import Glibc
import WireGuardWire

/// With ENGARDE_FUZZ_CANARY a fault that the fuzzer must find: it is claimed that there are no handshake responses.
private let hasCanary = getenv("ENGARDE_FUZZ_CANARY") != nil

/// Any datagram, against the slow reading of WireGuard's table of messages.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ length: Int) -> CInt {
    let datagram = Array(UnsafeBufferPointer(start: bytes, count: length))
    // A copy of its own, so that the sanitizer sees a read behind its end.
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(1, length), alignment: 1)
    defer { memory.deallocate() }
    memory.copyMemory(from: datagram, byteCount: length)
    let message = Message(memory, length: length)
    precondition(SlowMessage(message) == SlowMessage(datagram), "read as \(SlowMessage(message))")
    precondition(!hasCanary || message.kind != .response, "the canary")
    return 0
}

@_cdecl("fuzz_wire_main")
public func main(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    drive(count, arguments, fuzz)
}
