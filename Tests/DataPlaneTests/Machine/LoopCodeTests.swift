// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Support
import Testing

/// The program as it ships, in the folder that ENGARDE_PROGRAMS names.
private enum ShippedProgram {
    static let folder = Environment.value("ENGARDE_PROGRAMS")

    /// Why their code cannot be looked at, nil when it can.
    static let obstacle: String? = {
        guard let folder else { return "ENGARDE_PROGRAMS does not name the folder of the optimised program" }
        if ["nm", "objdump"].contains(where: { Environment.find($0) == nil }) {
            return "objdump and nm are not installed (package binutils)"
        }
        return access("\(folder)/engarde", X_OK) == 0 ? nil : "no optimised program in \(folder)"
    }()
}

/// What the compiler made of the loop, in the optimised program: it calls nothing that allocates, counts references,
/// locks or looks up types.
@Suite(
    .serialized,
    .enabled(if: ShippedProgram.obstacle == nil, Comment(rawValue: "skipped: \(ShippedProgram.obstacle ?? "")")))
struct LoopCodeTests {
    /// All that the loop may call besides its own rooms: the system, and copies of bytes.
    private static let allowed: Set<String> = [
        "__errno_location", "__stack_chk_fail", "clock_gettime", "epoll_ctl", "epoll_pwait2", "epoll_wait",
        "io_uring_enter2", "io_uring_submit_and_get_events", "io_uring_submit_and_wait_timeout", "memcpy",
        "memmove", "memset", "memcmp", "read", "recvmmsg", "sched_yield", "sendmmsg", "write",
        // The end of a process whose ring is broken.
        "abort", "fprintf", "strerror",
    ]

    @Test("The loop calls nothing but the system")
    func loop() throws {
        let code = try ProgramCode("\(ShippedProgram.folder!)/engarde")
        // DataPlane.Loop.run(), once for each engine and relay.
        let loops = code.names { $0.hasPrefix("$s9DataPlane4LoopV") && $0.contains("3runyyF") }
        #expect(loops.count == 6, "two engines by three relays: \(loops)")
        for engine in ["10RingEngineV", "13PollingEngineV"] {
            #expect(loops.contains { $0.contains(engine) && $0.contains("11ServerRelayV") })
        }
        let calls = code.callsOut(of: loops)
        #expect(calls["clock_gettime"] != nil && calls["recvmmsg"] != nil, "the walk must arrive at the system")
        for (callee, caller) in calls.sorted(by: { $0.key < $1.key }) where !Self.allowed.contains(callee) {
            Issue.record("\(callee) is called by \(caller)")
        }
    }

    @Test("Code that allocates and counts references is found")
    func canary() throws {
        let code = try ProgramCode("\(ShippedProgram.folder!)/engarde")
        // DataPlane.DataPlane, the class that starts it all.
        let calls = code.callsOut(of: code.names { $0.hasPrefix("$s9DataPlaneAAC") })
        #expect(calls["swift_allocObject"] != nil && calls["swift_release"] != nil)
    }
}
