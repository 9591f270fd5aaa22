// SPDX-License-Identifier: GPL-2.0-or-later

import Support
import Testing

@testable import DataPlane

@Suite struct LinkSetTests {
    private static func slots(_ set: borrowing LinkSet) -> [UInt16] { (0..<set.count).map { set[$0] } }

    @Test("Links stay in the order they came")
    func order() {
        var set = LinkSet()
        for slot in [5, 3, 9, 3, 5] as [UInt16] { set.insert(slot) }
        #expect(Self.slots(set) == [5, 3, 9])
        set.remove(3)
        set.remove(7)
        #expect(Self.slots(set) == [5, 9])
        set.insert(3)
        #expect(Self.slots(set) == [5, 9, 3])
    }

    @Test("One link too many changes nothing")
    func full() {
        var set = LinkSet()
        for slot in 0..<UInt16(Limits.links + 3) { set.insert(slot) }
        #expect(Self.slots(set) == Array(0..<UInt16(Limits.links)))
        set.remove(0)
        set.insert(60)
        #expect(Self.slots(set) == Array(1..<UInt16(Limits.links)) + [60])
    }

    @Test("Like an array that refuses doubles", arguments: 1...20 as ClosedRange<UInt64>)
    func model(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var set = LinkSet()
        var model: [UInt16] = []
        for _ in 0..<500 {
            let slot = UInt16.random(in: 0..<UInt16(Limits.socketSlots), using: &random)
            if random.happens(600) {
                set.insert(slot)
                if !model.contains(slot) && model.count < Limits.links { model.append(slot) }
            } else {
                set.remove(slot)
                model.removeAll { $0 == slot }
            }
            #expect(Self.slots(set) == model)
            let contains = set.contains(slot)
            #expect(contains == model.contains(slot))
        }
    }
}
