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

    @Test("A send's token names its message", arguments: [0, 1, 16_383, 65_535])
    func send(message: Int) {
        let token = CompletionToken(bits: CompletionToken(message: message).bits)
        #expect(token.kind == .send && token.message == message)
    }

    @Test("The layout is the one drawn")
    func layout() {
        let socket = SocketHandle(slot: 0x1234, generation: 0xabcd)
        #expect(CompletionToken(receive: socket).bits == 0x0200_0000_abcd_1234)
        #expect(CompletionToken(message: 0x1234).bits == 0x0100_0000_0000_1234)
        #expect(CompletionToken(.mail).bits == 0x0300_0000_0000_0000)
        #expect(CompletionToken(.cancel).bits == 0x0400_0000_0000_0000)
        #expect(MemoryLayout<CompletionToken>.size == 8)
        for kind in [CompletionToken.Kind.send, .receive, .mail, .cancel] {
            #expect(CompletionToken(kind).kind == kind)
        }
    }

    @Test("All that is packed fits")
    func fits() {
        #expect(Limits.transmits <= 1 << 16 && Limits.socketSlots <= 1 << 16)
    }
}
