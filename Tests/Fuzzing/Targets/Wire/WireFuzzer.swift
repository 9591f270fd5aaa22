// SPDX-License-Identifier: GPL-2.0-or-later

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

/// libFuzzer's entry for programs with a main of their own, as the package manager makes them.
@_silgen_name("LLVMFuzzerRunDriver")
private func run(
    _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutableRawPointer,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@_cdecl("fuzz_wire_main")
public func main(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    var (count, arguments) = (count, arguments)
    return run(&count, &arguments, fuzz)
}
