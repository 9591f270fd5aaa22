// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Sockets

extension Namespace {
    /// From now on the namespace's thread, and what it starts, is refused netlink sockets with EPERM, as in a
    /// sandbox. By seccomp(2), which is for one thread. Returns false where the kernel has none.
    func refuseNetlink() -> Bool {
        run {
            #if arch(x86_64)
                let socketNumber: UInt32 = 41
            #else
                let socketNumber: UInt32 = 198
            #endif
            // struct sock_filter {code, jump if true, jump if false, operand} over struct seccomp_data.
            let program: [(code: UInt16, yes: UInt8, no: UInt8, operand: UInt32)] = [
                (0x20, 0, 0, 0),  // load the number of the system call
                (0x15, 0, 3, socketNumber),
                (0x20, 0, 0, 16),  // load its first argument
                (0x15, 0, 1, UInt32(AF_NETLINK)),
                (0x06, 0, 0, 0x0005_0000 | UInt32(EPERM)),  // SECCOMP_RET_ERRNO
                (0x06, 0, 0, 0x7fff_0000),  // SECCOMP_RET_ALLOW
            ]
            // prctl(2) is variadic, which Swift does not import; its arguments travel like fixed ones.
            typealias Prctl = @convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32
            let prctl = unsafeBitCast(dlsym(nil, "prctl"), to: Prctl.self)
            _ = prctl(38 /* PR_SET_NO_NEW_PRIVS */, 1, 0, 0, 0)
            return program.withUnsafeBytes { filter in
                // struct sock_fprog: a 16-bit count, then at 8 the pointer.
                var header = (UInt(program.count), UInt(bitPattern: filter.baseAddress!))
                return withUnsafeBytes(of: &header) {
                    prctl(22 /* PR_SET_SECCOMP */, 2, UInt(bitPattern: $0.baseAddress!), 0, 0) == 0
                }
            }
        }
    }
}
