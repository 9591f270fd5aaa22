// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Support

/// The way to network namespaces for who is not root.
enum UserNamespace {
    private static let mark = "ENGARDE_DEMO_IN_USER_NAMESPACE"
    /// A /run of our own, since `ip netns` and `wireguard-go` keep their files there.
    private static let prepare = "mount -t tmpfs tmpfs /run"

    /// Starts this program again as root of a user namespace of its own; returns only by an exit with status 1 when
    /// the system does not allow that.
    static func enter() throws {
        guard Environment.value(mark) == nil, allowed else {
            fail(
                """
                engarde-demo needs root, or a system that allows unprivileged user namespaces, for its private \
                networks. Try: sudo \(Environment.executable)\(hint)
                """)
        }
        setenv(mark, "1", 1)
        let arguments =
            ["unshare", "-Urnm", "sh", "-c", "\(prepare) && exec \"$0\" \"$@\"", Environment.executable]
            + CommandLine.arguments.dropFirst()
        let argv = arguments.map { strdup($0) } + [nil]
        execvp("unshare", argv)
        fail("engarde-demo: cannot start unshare: \(String(cString: strerror(errno)))")
    }

    /// Whether a user namespace here is worth anything: Ubuntu gives one out and then allows nothing in it.
    private static var allowed: Bool {
        (try? Support.run(["unshare", "-Urnm", "sh", "-c", "\(prepare) && exec 3<>/dev/net/tun"])) != nil
    }

    private static var hint: String {
        let path = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"
        return readText(path).hasPrefix("1") ? ", or: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0" : ""
    }
}
