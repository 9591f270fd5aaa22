// SPDX-License-Identifier: GPL-2.0-or-later

import Host
import Synchronization
import Testing

@testable import Setup

/// Setup and its removal, ended at each of their changes.
@Suite struct InterruptionTests {
    /// Ends the first attempt behind `count` of its commands. Returns whether it came to its end.
    private func attempt(_ machine: FakeMachine, _ count: Int) async throws -> Bool {
        machine.trace.withLock { $0.lifetime = count }
        defer { machine.trace.withLock { $0.lifetime = nil } }
        do {
            try await Scene.setUpServer(machine)
            return true
        } catch {
            return false
        }
    }

    @Test func anotherRunCompletesIt() async throws {
        let whole = try FakeMachine()
        try await Scene.setUpServer(whole)
        var count = 0
        while true {
            let machine = try FakeMachine()
            let isWhole = try await attempt(machine, count)
            try await Scene.setUpServer(machine)
            #expect(machine.state == whole.state)
            #expect(try Set(machine.files().keys) == Set(whole.files().keys))
            #expect(try SetupRecord.read(machine.host.files)?.isUnfinished == false)
            if isWhole { break }
            count += 1
        }
        #expect(count > 5)
    }

    @Test func removalUndoesIt() async throws {
        var count = 0
        while true {
            let machine = try FakeMachine()
            let before = (try machine.files(), machine.state)
            let isWhole = try await attempt(machine, count)
            #expect(try await Removal(machine.host, purges: true) { _ in }.carryOut())
            #expect(try machine.files() == before.0)
            #expect(machine.state == before.1)
            #expect(!machine.host.files.exists(Places.state))
            if isWhole { break }
            count += 1
        }
    }

    /// A removal that was ended, or a part of which failed, is completed by another one.
    @Test func removalIsCompleted() async throws {
        for broken in ["systemctl disable", "nothing"] {
            let machine = try FakeMachine()
            let before = (try machine.files(), machine.state)
            try await Scene.setUpServer(machine)
            machine.trace.withLock { $0.broken = broken }
            #expect(try await Removal(machine.host, purges: true) { _ in }.carryOut() == (broken == "nothing"))
            machine.trace.withLock { $0.broken = nil }
            #expect(try await Removal(machine.host, purges: true) { _ in }.carryOut())
            #expect(try machine.files() == before.0)
            #expect(machine.state == before.1)
        }
    }

    /// A removal that was ended when all but the record itself was gone is completed too.
    @Test func anEmptyRecordIsRemoved() async throws {
        let machine = try FakeMachine()
        try SetupRecord(role: .server).write(machine.host.files)
        let removal = Removal(machine.host, purges: true) { _ in }
        #expect(try removal.preview() == ["remove \(Places.record)"])
        #expect(try await removal.carryOut())
        #expect(try removal.preview().isEmpty)
        #expect(!machine.host.files.exists(Places.state))
    }

    /// Without `--purge` the keys stay, and setup takes them up again.
    @Test func keysStayUnlessPurged() async throws {
        let machine = try FakeMachine()
        try await Scene.setUpServer(machine)
        let tunnel = try machine.host.files.read(Places.wireGuard)
        #expect(try await Removal(machine.host, purges: false) { _ in }.carryOut())
        #expect(machine.state.active.isEmpty && machine.state.enabled.isEmpty)
        #expect(try machine.host.files.read(Places.wireGuard) == tunnel)
        #expect(!machine.host.files.exists(Places.sysctl))
        try await Scene.setUpServer(machine)
        #expect(try machine.host.files.read(Places.wireGuard) == tunnel)
        #expect(machine.state.active.count == 3)
    }
}
