// SPDX-License-Identifier: GPL-2.0-or-later

/// libFuzzer's entry for programs with a main of their own, as the package manager makes them.
@_silgen_name("LLVMFuzzerRunDriver")
private func run(
    _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutableRawPointer,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// Fuzzes `body` as a program's arguments say; what a fuzzer's main returns.
public func drive(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt {
    var (count, arguments) = (count, arguments)
    return run(&count, &arguments, body)
}
