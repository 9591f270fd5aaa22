// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Sockets

/// Has an interface of the calling thread's namespace leave checksums and segmentation to the kernel before it sends.
///
/// A veth pair otherwise hands over what a network card would have finished: datagrams without a checksum, and runs
/// of them in one piece. Whoever reads frames from it would see neither what would be on a wire nor how many.
///
/// `ethtool -K NAME tx off`, which takes segmentation with it.
func sendWholeFrames(_ interface: String) throws {
    let setTransmitChecksum: UInt32 = 0x17
    let socketIoctl: UInt = 0x8946
    let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw LaboratoryFailure("no socket: \(Errno.current)") }
    defer { close(descriptor) }
    // struct ethtool_value: the command and its argument.
    var value: (UInt32, UInt32) = (setTransmitChecksum, 0)
    let result = withUnsafeMutableBytes(of: &value) { value in
        // struct ifreq: 16 bytes of name, then a pointer to the command.
        var request = [UInt8](repeating: 0, count: 40)
        for (index, byte) in interface.utf8.prefix(15).enumerated() { request[index] = byte }
        return request.withUnsafeMutableBytes {
            $0.storeBytes(of: UInt(bitPattern: value.baseAddress!), toByteOffset: 16, as: UInt.self)
            return ioctl(descriptor, socketIoctl, $0.baseAddress!)
        }
    }
    guard result == 0 else { throw LaboratoryFailure("\(interface) keeps its offloads: \(Errno.current)") }
}
