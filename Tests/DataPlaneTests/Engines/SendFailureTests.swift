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
        var outcomes: [SendOutcome]
        var testDescription: String { String(cString: strerror(errno)) }
    }

    @Test(
        "Each refusal has its outcome",
        arguments: [
            Case(errno: EIO, outcomes: [.lost, .split, .lost, .split]),
            Case(errno: EINVAL, outcomes: [.lost, .split, .lost, .split]),
            Case(errno: EMSGSIZE, outcomes: [.lost, .split, .lost, .split]),
            Case(errno: ECONNREFUSED, outcomes: [.again, .again, .lost, .lost]),
            Case(errno: EHOSTUNREACH, outcomes: [.again, .again, .lost, .lost]),
            Case(errno: EPROTO, outcomes: [.again, .again, .lost, .lost]),
            Case(errno: EAGAIN, outcomes: [.congested, .congested, .congested, .congested]),
            Case(errno: ENOBUFS, outcomes: [.lost, .lost, .lost, .lost]),
            Case(errno: ENETUNREACH, outcomes: [.lost, .lost, .lost, .lost]),
            Case(errno: EPERM, outcomes: [.lost, .lost, .lost, .lost]),
            Case(errno: ENODEV, outcomes: [.lost, .lost, .lost, .lost]),
        ])
    func outcomes(_ test: Case) {
        for (index, outcome) in test.outcomes.enumerated() {
            let found = SendOutcome(errno: test.errno, segmented: index & 1 == 1, isRepeat: index & 2 == 2)
            #expect(found == outcome, "segmented \(index & 1 == 1), repeat \(index & 2 == 2)")
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

    @Test("A new tenant's figures start at zero, and its generation says whose they are")
    func tenants() {
        let counters = Counters()
        defer { counters.deallocate() }
        counters.reset(slot: 3, generation: 7)
        #expect(counters.generation(slot: 3) == 7)
        counters.add(.sends, slot: 3, 5)
        counters.add(SendFailure.refused, slot: 3, 5)
        counters.reset(slot: 3, generation: 8)
        #expect(counters.value(.sends, slot: 3) == 0 && counters.value(SendFailure.refused, slot: 3) == 0)
        #expect(counters.generation(slot: 3) == 8)
    }
}
