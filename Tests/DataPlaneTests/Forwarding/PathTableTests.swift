// SPDX-License-Identifier: GPL-2.0-or-later

import CShims.Socket
import Sockets
import Support
import Testing

@testable import DataPlane

@Suite struct PathTableTests {
    /// What a path table should do, done slowly.
    private struct Model {
        let capacity: Int
        /// The row of live paths.
        var row: [(address: SocketAddress, heard: Int64, local: UInt32)] = []

        func position(_ address: SocketAddress) -> Int? { row.firstIndex { $0.address == address } }

        mutating func remove(_ position: Int) {
            row.swapAt(position, row.count - 1)
            row.removeLast()
        }
    }

    private static func local(_ number: UInt32) -> engarde_packet_info {
        var local = engarde_packet_info()
        local.interface = number
        return local
    }

    private static func addresses(_ count: Int, _ random: inout SeededGenerator) -> [SocketAddress] {
        (0..<count).map { index in
            let port = UInt16.random(in: 1...UInt16.max, using: &random)
            let text =
                index % 3 == 0
                ? "192.0.2.\(index % 250)" : index % 3 == 1 ? "2001:db8::\(index)" : "::ffff:10.0.0.1"
            return SocketAddress(IPAddress(text)!, port: port)
        }
    }

    /// How the table differs from the model, or nil.
    private static func difference(
        _ table: borrowing PathTable, _ model: Model, _ all: [SocketAddress]
    ) -> String? {
        guard table.count == model.row.count else { return "\(table.count) live, not \(model.row.count)" }
        var indices: Set<PathIndex> = []
        for (position, expected) in model.row.enumerated() {
            let index = table.live(position)
            let path = table[index]
            guard path.address == expected.address, path.lastReceived == expected.heard,
                path.local.interface == expected.local, Int(path.position) == position
            else { return "another path at \(position)" }
            guard indices.insert(index).inserted else { return "index \(index) serves two paths" }
        }
        for address in all {
            let found = table.find(address)
            guard (found != nil) == (model.position(address) != nil) else {
                return "\(address): found \(String(describing: found))"
            }
            if let found, table[found].address != address {
                return "\(address): another's index"
            }
        }
        return nil
    }

    /// Small tables, in which chains meet, wrap around the end and are shortened from the middle all the time.
    @Test(
        "Like a slow table, over seeded operations", arguments: [1, 2, 7, 8, 9, 64],
        1...5 as ClosedRange<UInt64>)
    func model(capacity: Int, seed: UInt64) {
        var random = SeededGenerator(seed: seed &* 1_000 &+ UInt64(capacity))
        let all = Self.addresses(capacity * 2 + 1, &random)
        var table = PathTable(capacity: capacity)
        var model = Model(capacity: capacity)
        for step in 0..<250 {
            let now = Int64(step)
            let number = UInt32.random(in: 0...9, using: &random)
            let address = all.randomElement(using: &random)!
            let found = table.find(address)
            if random.happens(20) {  // expiry, as the relay walks the row
                let limit = now - Int64.random(in: 0...100, using: &random)
                var position = 0
                while position < table.count {
                    let index = table.live(position)
                    if table[index].lastReceived <= limit { table.remove(index) } else { position += 1 }
                }
                position = 0
                while position < model.row.count {
                    if model.row[position].heard <= limit { model.remove(position) } else { position += 1 }
                }
            } else if found == nil {
                let index = table.insert(address, at: now, local: Self.local(number))
                #expect((index == nil) == (model.row.count == capacity), "a full table takes nobody in")
                if model.row.count < capacity { model.row.append((address, now, number)) }
            } else if random.happens(400) {
                table.remove(found!)
                model.remove(model.position(address)!)
            } else {
                table.touch(found!, at: now, local: Self.local(number))
                let position = model.position(address)!
                model.row[position].heard = now
                model.row[position].local = number
            }
            let difference = Self.difference(table, model, all)
            #expect(difference == nil, "seed \(seed), step \(step)")
            if difference != nil { return }
        }
    }

    /// All of one bucket: every removal has to keep the rest of the chain within reach.
    @Test("Addresses of one bucket are all found, whichever leaves first", arguments: 0..<8)
    func collisions(first: Int) {
        // 16 buckets for 8 paths; bucket 14 makes the chain wrap around.
        let colliding = (1...UInt16.max).lazy
            .map { SocketAddress(IPAddress("192.0.2.1")!, port: $0) }
            .filter { $0.hash64(key: 7) & 15 == 14 }.prefix(8)
        let all = Array(colliding)
        #expect(all.count == 8)
        var table = PathTable(capacity: 8, hashKey: 7)
        var model = Model(capacity: 8)
        for address in all {
            _ = table.insert(address, at: 0, local: Self.local(0))
            model.row.append((address, 0, 0))
        }
        let before = Self.difference(table, model, all)
        #expect(before == nil, "full")
        for step in 0..<8 {
            let address = all[(first + step * 3) % 8]
            table.remove(table.find(address)!)
            model.remove(model.position(address)!)
            let difference = Self.difference(table, model, all)
            #expect(difference == nil, "\(step + 1) removed")
            if difference != nil { return }
        }
    }
}
