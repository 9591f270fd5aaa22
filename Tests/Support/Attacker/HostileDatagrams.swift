// SPDX-License-Identifier: GPL-2.0-or-later

/// Datagrams of one ``Hostility``, made ahead and changed a little every time, so that making them costs next to
/// nothing beside sending them. The same seed gives the same datagrams.
struct HostileDatagrams {
    /// How many are made ahead, and the room each has.
    private static let count = 2_048
    static let sizeMax = 1_424

    private let hostility: Hostility
    private var generator: SeededGenerator
    private var templates: [[UInt8]] = []
    private var index = 0

    init(_ hostility: Hostility, seed: UInt64) {
        self.hostility = hostility
        generator = SeededGenerator(seed: seed)
        for index in 0..<Self.count { templates.append(template(index)) }
    }

    /// Writes the next datagram into `room`, at least ``sizeMax`` bytes, and returns its size.
    mutating func next(into room: UnsafeMutableRawBufferPointer) -> Int {
        index = index + 1 == Self.count ? 0 : index + 1
        let template = templates[index]
        template.withUnsafeBytes { room.copyMemory(from: $0) }
        vary(room, template.count)
        return template.count
    }

    /// What makes a datagram another one than the last made from this template.
    private mutating func vary(_ room: UnsafeMutableRawBufferPointer, _ count: Int) {
        let noise = generator.next()
        switch hostility {
        case .replayed: break
        case .random:
            if count >= 8 { room.storeBytes(of: noise, as: UInt64.self) }
        case .shaped, .misshapen:
            // Index and what follows it; the kind stays what it was.
            if count >= 12 { room.storeBytes(of: noise, toByteOffset: 4, as: UInt64.self) }
        case .forged(_, let counter):
            room.storeBytes(of: noise, toByteOffset: count - 8, as: UInt64.self)
            // Mostly where the real counters are or soon will be; some at the far end of what can be counted.
            let ahead = noise % 16 == 0 ? noise : counter &+ noise % 4_096
            room.storeBytes(of: ahead.littleEndian, toByteOffset: 8, as: UInt64.self)
        }
    }

    private mutating func template(_ index: Int) -> [UInt8] {
        switch hostility {
        case .random: return noise(Int.random(in: 1...1_400, using: &generator))
        case .shaped: return shaped(kind: UInt8(index % 4 + 1))
        case .replayed(let recorded): return recorded[index % recorded.count]
        case .forged(let receivers, _):
            var bytes = shaped(kind: 4)
            let receiver = receivers[index % receivers.count].littleEndian
            bytes.withUnsafeMutableBytes { $0.storeBytes(of: receiver, toByteOffset: 4, as: UInt32.self) }
            return bytes
        case .misshapen: return misshapen(index)
        }
    }

    private mutating func noise(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    }

    private mutating func shaped(kind: UInt8) -> [UInt8] {
        let size =
            switch kind {
            case 1: 148
            case 2: 92
            case 3: 64
            default: 32 + 16 * Int.random(in: 0...84, using: &generator)
            }
        var bytes = noise(size)
        bytes.replaceSubrange(0..<4, with: [kind, 0, 0, 0])
        return bytes
    }

    private mutating func misshapen(_ index: Int) -> [UInt8] {
        let kind = UInt8(index % 4 + 1)
        var bytes = shaped(kind: kind)
        switch index / 4 % 5 {
        case 0: bytes = Array(bytes.prefix(index % 32))
        case 1: bytes.removeLast(kind == 4 ? bytes.count - 31 : 1)
        case 2: if kind == 4 { bytes[0] = 5 } else { bytes.append(0) }
        case 3: bytes[1 + index % 3] = 1
        default: bytes[0] = UInt8(truncatingIfNeeded: 5 + index % 251)
        }
        return bytes
    }
}
