// SPDX-License-Identifier: GPL-2.0-or-later

import FoundationEssentials
import Status
import Testing

@testable import WebManager

@Suite struct OrderedJSONEncoderTests {
    private struct Inner: Encodable {
        var a: Int?
        var b: [Int]
    }

    private struct Outer: Encodable {
        var text = "a\"b\\c\n\u{1}é\u{2028}"
        var whole: UInt64 = .max
        var part = 0.1
        var none: String?
        var flag = true
        var inner = Inner(a: nil, b: [])
        var nested = [[Inner(a: 1, b: [1, 2])], []]
        var byName: [String: Int] = ["k": 1]
        var infinite = Double.infinity
        var last: Inner? = Inner(a: 2, b: [3])
    }

    @Test func everythingAtOnce() throws {
        let text = String(decoding: try OrderedJSONEncoder.encode(Outer()), as: UTF8.self)
        #expect(
            text == #"{"text":"a\"b\\c\u000a\u0001é"# + "\u{2028}"
                + #"","whole":18446744073709551615,"part":0.1,"none":null,"flag":true,"inner":{"a":null,"b":[]},"#
                + #""nested":[[{"a":1,"b":[1,2]}],[]],"byName":{"k":1},"infinite":null,"last":{"a":2,"b":[3]}}"#)
        for (value, expected) in [([], "[]"), ([1], "[1]")] as [([Int], String)] {
            #expect(String(decoding: try OrderedJSONEncoder.encode(value), as: UTF8.self) == expected)
        }
        #expect(try OrderedJSONEncoder.encode(Int?.none) == Array("null".utf8))
        #expect(try OrderedJSONEncoder.encode([String: Int]()) == Array("{}".utf8))
    }

    /// Foundation decodes the output to equal values.
    @Test func foundationAgrees() async throws {
        let client = await FakeClient().status()
        let server = await FakeServer(sessionCount: 5).status()
        #expect(try JSONDecoder().decode(ClientStatus.self, from: Data(OrderedJSONEncoder.encode(client))) == client)
        #expect(try JSONDecoder().decode(ServerStatus.self, from: Data(OrderedJSONEncoder.encode(server))) == server)
        let typed = try JSONTree(OrderedJSONEncoder.encode(TypedStatus(client)))
        #expect(typed["type"] == .text("client"))
        #expect(typed["program"]?["version"] == .text("0.1.0"))
    }
}
