// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Testing

@testable import DataPlane

@Suite struct SendFailureTests {
    @Test(
        "Each refusal has its kind",
        arguments: [
            (EAGAIN, SendFailure.congested), (ENOBUFS, .noBuffers), (ENOMEM, .noBuffers),
            (ENETUNREACH, .unreachable),
            (EHOSTUNREACH, .unreachable), (EHOSTDOWN, .unreachable), (ENETDOWN, .unreachable),
            (ECONNREFUSED, .refused),
            (EMSGSIZE, .tooLong), (EPERM, .notPermitted), (EACCES, .notPermitted), (ENODEV, .noDevice),
            (ENXIO, .noDevice),
            (EADDRNOTAVAIL, .noDevice), (EIO, .other), (EINVAL, .other), (EBADF, .other),
            (EDESTADDRREQ, .other), (0, .other),
        ])
    func kinds(errno: Int32, failure: SendFailure) { #expect(SendFailure(errno: errno) == failure) }

    struct Case: Sendable, CustomTestStringConvertible {
        var errno: Int32
        /// By (segmented, repeat): neither, segmented, repeat, both.
        var recoveries: [SendRecovery]
        var testDescription: String { String(cString: strerror(errno)) }
    }

    @Test(
        "Each refusal has its cure",
        arguments: [
            Case(errno: EIO, recoveries: [.giveUp, .sendSingly, .giveUp, .sendSingly]),
            Case(errno: EINVAL, recoveries: [.giveUp, .sendSingly, .giveUp, .sendSingly]),
            Case(errno: EMSGSIZE, recoveries: [.giveUp, .sendSingly, .giveUp, .sendSingly]),
            Case(errno: ECONNREFUSED, recoveries: [.sendAgain, .sendAgain, .giveUp, .giveUp]),
            Case(errno: EHOSTUNREACH, recoveries: [.sendAgain, .sendAgain, .giveUp, .giveUp]),
            Case(errno: EPROTO, recoveries: [.sendAgain, .sendAgain, .giveUp, .giveUp]),
            Case(errno: EAGAIN, recoveries: [.giveUp, .giveUp, .giveUp, .giveUp]),
            Case(errno: ENOBUFS, recoveries: [.giveUp, .giveUp, .giveUp, .giveUp]),
            Case(errno: ENETUNREACH, recoveries: [.giveUp, .giveUp, .giveUp, .giveUp]),
            Case(errno: EPERM, recoveries: [.giveUp, .giveUp, .giveUp, .giveUp]),
            Case(errno: ENODEV, recoveries: [.giveUp, .giveUp, .giveUp, .giveUp]),
        ])
    func recoveries(_ test: Case) {
        for (index, recovery) in test.recoveries.enumerated() {
            let found = SendRecovery(errno: test.errno, segmented: index & 1 == 1, isRepeat: index & 2 == 2)
            #expect(found == recovery, "segmented \(index & 1 == 1), repeat \(index & 2 == 2)")
        }
    }

    @Test("The figures of failures and drops do not run into each other")
    func counters() {
        let counters = Counters()
        defer { counters.deallocate() }
        for slot in [0, 1, UInt16(Limits.socketSlots - 1)] {
            for field in Counters.Socket.allCases { counters.add(field, slot: slot, 100 + field.rawValue) }
            for failure in SendFailure.allCases { counters.add(failure, slot: slot, 200 + failure.index) }
        }
        for reason in DropReason.allCases { counters.add(reason, 300 + reason.index) }
        for field in Counters.Loop.allCases { counters.add(field, 400 + field.rawValue) }
        for slot in [0, 1, UInt16(Limits.socketSlots - 1)] {
            for field in Counters.Socket.allCases {
                #expect(counters.value(field, slot: slot) == UInt64(100 + field.rawValue))
            }
            for failure in SendFailure.allCases {
                #expect(counters.value(failure, slot: slot) == UInt64(200 + failure.index))
            }
        }
        for reason in DropReason.allCases { #expect(counters.value(reason) == UInt64(300 + reason.index)) }
        for field in Counters.Loop.allCases { #expect(counters.value(field) == UInt64(400 + field.rawValue)) }
        #expect(counters.value(SendFailure.congested, slot: 2) == 0)
    }

    @Test("A new tenant's figures start at zero, what was released stays released")
    func tenants() {
        let counters = Counters()
        defer { counters.deallocate() }
        let old = SocketHandle(slot: 3, generation: 7)
        counters.reset(slot: 3, generation: 7)
        #expect(counters.value(.generation, slot: 3) == 7 && !counters.hasReleased(old))
        counters.add(.sends, slot: 3, 5)
        counters.add(SendFailure.refused, slot: 3, 5)
        counters.release(old)
        #expect(counters.hasReleased(old))
        counters.reset(slot: 3, generation: 8)
        #expect(counters.value(.sends, slot: 3) == 0 && counters.value(SendFailure.refused, slot: 3) == 0)
        #expect(counters.hasReleased(old) && !counters.hasReleased(SocketHandle(slot: 3, generation: 8)))
    }
}
