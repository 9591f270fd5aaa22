// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Logging
import Synchronization
import Testing

@testable import Systemd

@Suite struct JournalTests {
    @Test("A descriptor is the journal's when device and inode are those that were named")
    func descriptor() {
        var ends: [Int32] = [0, 0]
        #expect(pipe2(&ends, O_CLOEXEC) == 0)
        defer { for end in ends { close(end) } }
        var file = stat()
        fstat(ends[1], &file)
        let stream = "\(file.st_dev):\(file.st_ino)"
        #expect(Journal.reads(ends[1], stream: stream))
        for other in [
            nil, "", ":", "\(file.st_dev)", "\(file.st_dev):\(file.st_ino + 1)", "\(file.st_dev + 1):\(file.st_ino)",
            "\(stream):1", "x:\(file.st_ino)",
        ] {
            #expect(!Journal.reads(ends[1], stream: other), "\(other ?? "nil")")
        }
        #expect(!Journal.reads(-1, stream: stream))
    }

    @Test("Each line has the priority of its level, and nothing the journal has itself")
    func priorities() {
        let written = Mutex<[String]>([])
        var log = Logger(label: "engarde-client") { _ in
            JournalLogHandler { line in written.withLock { $0.append(line) } }
        }
        log.logLevel = .trace
        log.trace("1")
        log.debug("2")
        log.info("3")
        log.notice("link eth0: carrying")
        log.warning("5", metadata: ["b": "2", "a": "1"])
        log.error("two\nlines\n")
        log.critical("7")
        #expect(
            written.withLock { $0 } == [
                "<7>1\n", "<7>2\n", "<6>3\n", "<5>link eth0: carrying\n", "<4>5 a=1 b=2\n", "<3>two\n<3>lines\n",
                "<2>7\n",
            ])
    }

    @Test("The level is heeded")
    func level() {
        let written = Mutex<[String]>([])
        let log = Logger(label: "engarde-client") { _ in
            JournalLogHandler { line in written.withLock { $0.append(line) } }
        }
        log.debug("not this")
        log.info("this")
        #expect(written.withLock { $0 } == ["<6>this\n"])
    }
}
