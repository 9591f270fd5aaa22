// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc

/// Page-aligned zeros that cost no memory until they are written, for tables sized for the worst case.
func zeroedMemory(bytes: Int) -> UnsafeMutableRawPointer {
    let memory = unsafe mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    // Out of address space at start: there is nothing to go on with.
    guard let memory = unsafe memory, unsafe memory != MAP_FAILED else { fatalError("mmap of \(bytes) bytes") }
    return unsafe memory
}

func freeZeroedMemory(_ memory: UnsafeMutableRawPointer, bytes: Int) { unsafe munmap(memory, bytes) }
