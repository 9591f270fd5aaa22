// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// How a process ended.
public enum ExitStatus: Hashable, Sendable, CustomStringConvertible {
    case exited(Int32)
    case signalled(Int32)

    /// - Parameter wait: the status word of `waitpid`.
    init(wait: Int32) {
        let signal = wait & 0x7f
        self = signal == 0 ? .exited((wait >> 8) & 0xff) : .signalled(signal)
    }

    public var description: String {
        switch self {
        case .exited(let code): "exit status \(code)"
        case .signalled(let number): "signal \(number)"
        }
    }
}
