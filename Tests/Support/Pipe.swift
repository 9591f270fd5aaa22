// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// Both ends of a pipe, closed on exec; whoever takes an end over closes it.
final class Pipe {
    private(set) var read: Int32
    private(set) var write: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe2(&ends, O_CLOEXEC) == 0 else { throw LaboratoryFailure("no pipe: \(String(cString: strerror(errno)))") }
        read = ends[0]
        write = ends[1]
    }

    func closeRead() {
        close(read)
        read = -1
    }

    func closeWrite() {
        close(write)
        write = -1
    }
}
