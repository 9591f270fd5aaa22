// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
internal import Sockets

/// The bytes of a configuration file.
enum ConfigurationFile {
    /// Bytes read at most. A file of ours has a few hundred; this keeps a mistaken name, such as a disk
    /// image's or `/dev/zero`, from filling the memory.
    static let sizeMax = 1 << 20

    /// Why there are no bytes.
    enum Failure: Error {
        case refused(Errno)
        case tooLarge
    }

    /// Reads the whole of `path`, which may be a pipe.
    static func read(_ path: String) throws(Failure) -> [UInt8] {
        let opened = open(path, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else { throw .refused(.current) }
        let file = FileDescriptor(owning: opened)
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = Glibc.read(file.rawValue, &chunk, chunk.count)
            if count < 0 {
                let errno = Errno.current
                if errno.rawValue == EINTR { continue }
                throw .refused(errno)
            }
            if count == 0 { return bytes }
            guard bytes.count + count <= sizeMax else { throw .tooLarge }
            bytes += chunk[..<count]
        }
    }
}
