// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc

/// The wishes that the service manager told this process by its environment.
public struct Supervision: Hashable, Sendable {
    /// The socket at which it wants to hear of the service; nil for none.
    public var notify: NotifySocket?
    /// The longest silence after which the service is taken for hung and ended; nil for any.
    public var watchdog: Duration?

    /// - Parameters:
    ///   - variables: the value of a variable of the environment by its name.
    ///   - process: this process, sd_watchdog_enabled(3): the watchdog may be meant for another one.
    init(process: pid_t, variables: (String) -> String?) {
        notify = variables("NOTIFY_SOCKET").flatMap { NotifySocket(place: $0) }
        guard let microseconds = variables("WATCHDOG_USEC").flatMap({ Int64($0) }), microseconds > 0 else { return }
        if let meant = variables("WATCHDOG_PID"), pid_t(meant) != process { return }
        watchdog = .microseconds(microseconds)
    }

    /// Reads the environment of this process and removes from it what is not meant for programs it starts. To be called
    /// before there are other threads.
    public static func take() -> Supervision {
        let supervision = Supervision(process: getpid()) { getenv($0).map { String(cString: $0) } }
        for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] { unsetenv(name) }
        return supervision
    }
}
