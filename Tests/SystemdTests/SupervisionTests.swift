// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Testing

@testable import Systemd

@Suite struct SupervisionTests {
    private static let cases: [([String: String], String?, Duration?)] = [
        ([:], nil, nil),
        (["NOTIFY_SOCKET": "/run/systemd/notify"], "/run/systemd/notify", nil),
        (["NOTIFY_SOCKET": "@notify", "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "42"], "@notify", .seconds(30)),
        (["NOTIFY_SOCKET": "@notify", "WATCHDOG_USEC": "30000000"], "@notify", .seconds(30)),
        (["NOTIFY_SOCKET": "@notify", "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "43"], "@notify", nil),
        (["NOTIFY_SOCKET": "@notify", "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "x"], "@notify", nil),
        (["NOTIFY_SOCKET": "@notify", "WATCHDOG_USEC": "0"], "@notify", nil),
        (["NOTIFY_SOCKET": "@notify", "WATCHDOG_USEC": "soon"], "@notify", nil),
        (["NOTIFY_SOCKET": "vsock:2:1"], nil, nil),
    ]

    @Test("The environment says where to report to and how often", arguments: cases)
    func reading(_ variables: [String: String], place: String?, watchdog: Duration?) {
        let supervision = Supervision(process: 42) { variables[$0] }
        #expect(supervision.notify?.place == place)
        #expect(supervision.watchdog == watchdog)
    }

    @Test("What is not meant for programs that are started is removed")
    func taking() {
        let values = ["NOTIFY_SOCKET": "@notify", "WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "\(getpid())"]
        for (name, value) in values { setenv(name, value, 1) }
        #expect(Supervision.take() == Supervision(process: getpid()) { values[$0] })
        for name in values.keys { #expect(getenv(name) == nil, "\(name)") }
    }
}
