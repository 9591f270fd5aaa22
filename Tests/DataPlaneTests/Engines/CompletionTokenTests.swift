// SPDX-License-Identifier: GPL-2.0-or-later

import Testing

@testable import DataPlane

@Suite struct CompletionTokenTests {
    @Test(
        "A receive's token names its socket", arguments: [0, 1, 63, 65_535] as [UInt16],
        [0, 1, 65_535] as [UInt16])
    func receive(slot: UInt16, generation: UInt16) {
        let socket = SocketHandle(slot: slot, generation: generation)
        let token = CompletionToken(bits: CompletionToken(receive: socket).bits)
        #expect(token.kind == .receive && token.socket == socket)
    }

    @Test(
        "A send's token names departure, segment and try", arguments: [0, 1, 16_383, 65_535],
        [-1, 0, 1, 63, 127])
    func send(departure: Int, segment: Int) {
        for isRepeat in [false, true] {
            let made = CompletionToken(departure: departure, segment: segment, isRepeat: isRepeat)
            let token = CompletionToken(bits: made.bits)
            #expect(token.kind == .send && token.departure == departure)
            #expect(token.segment == segment && token.isRepeat == isRepeat)
        }
    }

    @Test("The layout is the one drawn")
    func layout() {
        let socket = SocketHandle(slot: 0x1234, generation: 0xabcd)
        #expect(CompletionToken(receive: socket).bits == 0x0200_0000_abcd_1234)
        #expect(
            CompletionToken(departure: 0x1234, segment: 0x3f, isRepeat: false).bits == 0x013f_0000_0000_1234)
        #expect(CompletionToken(departure: 1, segment: -1, isRepeat: true).bits == 0x01ff_8000_0000_0001)
        #expect(CompletionToken(.mail).bits == 0x0300_0000_0000_0000)
        #expect(CompletionToken(.cancel).bits == 0x0400_0000_0000_0000)
        #expect(MemoryLayout<CompletionToken>.size == 8)
        for kind in [CompletionToken.Kind.send, .receive, .mail, .cancel] {
            #expect(CompletionToken(kind).kind == kind)
        }
    }

    @Test("All that is packed fits")
    func fits() {
        #expect(Limits.departures <= 1 << 16 && Limits.socketSlots <= 1 << 16)
        #expect(Limits.segmentsPerRun <= Int(Int8.max) + 1)
    }
}
