// SPDX-License-Identifier: GPL-2.0-or-later

/// Datagrams with WireGuard's clear header and made-up contents.
enum WireGuardDatagram {
    /// Transport data; `tag` is its last eight bytes.
    static func data(_ receiver: UInt32, _ counter: UInt64, size: Int = 32, tag: UInt64? = nil) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: size)
        bytes.withUnsafeMutableBytes {
            $0.storeBytes(of: UInt32(4).littleEndian, as: UInt32.self)
            $0.storeBytes(of: receiver.littleEndian, toByteOffset: 4, as: UInt32.self)
            $0.storeBytes(of: counter.littleEndian, toByteOffset: 8, as: UInt64.self)
            let tag = tag ?? (counter &* 0x9e37_79b9_7f4a_7c15 ^ UInt64(receiver))
            $0.storeBytes(of: tag, toByteOffset: size - 8, as: UInt64.self)
        }
        return bytes
    }

    static func initiation(_ sender: UInt32, ephemeral: UInt8 = 1) -> [UInt8] {
        handshake(1, size: 148, sender, ephemeral: ephemeral)
    }

    static func response(_ sender: UInt32, to receiver: UInt32) -> [UInt8] {
        var bytes = handshake(2, size: 92, sender, ephemeral: 3)
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: receiver.littleEndian, toByteOffset: 8, as: UInt32.self) }
        return bytes
    }

    static func cookie(to receiver: UInt32) -> [UInt8] { handshake(3, size: 64, receiver, ephemeral: 4) }

    private static func handshake(_ type: UInt32, size: Int, _ index: UInt32, ephemeral: UInt8) -> [UInt8] {
        var bytes = [UInt8](repeating: ephemeral, count: size)
        bytes.withUnsafeMutableBytes {
            $0.storeBytes(of: type.littleEndian, as: UInt32.self)
            $0.storeBytes(of: index.littleEndian, toByteOffset: 4, as: UInt32.self)
        }
        return bytes
    }
}
