// SPDX-License-Identifier: GPL-2.0-or-later

public import Status

/// The line that `systemctl status` shows of a service.
///
/// It has no figure that changes all the time: each change is a message to the service manager.
public enum StatusLine {
    /// `2/2 links, best eth0`; the best one brought most datagrams first during the last minute.
    public static func words(_ status: ClientStatus) -> String {
        let good = status.expectedLinks.filter(\.state.delivers)
        let first = good.filter { $0.quality.lastMinute.firstDatagrams > 0 }
            .max { $0.quality.lastMinute.firstDatagrams < $1.quality.lastMinute.firstDatagrams }
        let best = first.map { ", best \($0.name)" } ?? ""
        return "\(good.count)/\(number(status.expectedLinkCount, "link"))\(best)"
    }

    /// `3 sessions, 5 paths`, of those that are proven.
    public static func words(_ status: ServerStatus) -> String {
        let sessions = status.sessions.filter(\.isProven)
        let paths = sessions.flatMap(\.paths).filter(\.state.delivers).count
        return "\(number(sessions.count, "session")), \(number(paths, "path"))"
    }

    private static func number(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}
