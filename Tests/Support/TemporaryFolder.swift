// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Synchronization

/// A folder under /tmp that goes, with the files in it, when its owner lets go.
public final class TemporaryFolder: Sendable {
    private static let count = Atomic<Int>(0)

    public let path: String
    private let token: Int

    public init() throws {
        Cleanup.handleSignals()
        let path = "/tmp/\(RunIdentity.prefix)\(Self.count.add(1, ordering: .relaxed).newValue)"
        guard mkdir(path, 0o700) == 0 else { throw LaboratoryFailure("\(path): \(String(cString: strerror(errno)))") }
        self.path = path
        token = Cleanup.register { Self.remove(path) }
    }

    deinit {
        Self.remove(path)
        Cleanup.unregister(token)
    }

    /// Writes a file into it and returns its path.
    public func write(_ text: String, to name: String) throws -> String {
        try write(Array(text.utf8), to: name)
    }

    /// Writes a file into it and returns its path.
    public func write(_ bytes: [UInt8], to name: String) throws -> String {
        try writeBytes(bytes, to: "\(path)/\(name)")
        return "\(path)/\(name)"
    }

    static func remove(_ path: String) {
        for name in directoryEntries(path) { unlink("\(path)/\(name)") }
        rmdir(path)
    }
}
