// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
internal import Sockets

/// The files of this machine, or those below a folder that stands for it in a test.
public struct Files: Sendable {
    /// Put before each path; empty for this machine.
    private let root: String
    /// Ends the name of a file that is being written, until it takes the place of the one that was there.
    public static let unfinishedSuffix = ".engarde-new"

    public init(root: String = "") { self.root = root }

    /// The path below the root.
    public func place(_ path: String) -> String { root + path }

    public func exists(_ path: String) -> Bool { access(place(path), F_OK) == 0 }

    /// Returns the text of a file, or nil when there is none. Bytes that are no UTF-8 are replaced.
    public func read(_ path: String) throws(HostFailure) -> String? {
        guard let bytes = try bytes(of: path) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Returns the bytes of a file, or nil when there is none.
    public func bytes(of path: String) throws(HostFailure) -> [UInt8]? {
        let opened = open(place(path), O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw Self.failure(path)
        }
        let file = FileDescriptor(owning: opened)
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(file.rawValue, &chunk, chunk.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw Self.failure(path)
            }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
    }

    /// Returns the permission bits of a file, or nil when there is none.
    public func mode(of path: String) -> UInt32? {
        var status = stat()
        return stat(place(path), &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    /// Returns when a file was last written, in seconds since 1970, or nil when there is none.
    public func modified(_ path: String) -> Double? {
        var status = stat()
        return stat(place(path), &status) == 0 ? Double(status.st_mtim.tv_sec) : nil
    }

    /// Writes a file in one piece: whoever looks sees the old bytes or the new ones, also after a loss of power.
    public func write(_ bytes: [UInt8], to path: String, mode: UInt32) throws(HostFailure) {
        let unfinished = place(path) + Self.unfinishedSuffix
        unlink(unfinished)
        let opened = open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard opened >= 0 else { throw Self.failure(path) }
        do {
            let file = FileDescriptor(owning: opened)
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.write(file.rawValue, $0.baseAddress!, $0.count) }
                if count < 0 {
                    if errno == EINTR { continue }
                    throw Self.failure(path)
                }
                rest = rest.dropFirst(count)
            }
            // The umask may have taken bits away.
            guard fchmod(file.rawValue, mode) == 0, fsync(file.rawValue) == 0 else { throw Self.failure(path) }
        }
        guard rename(unfinished, place(path)) == 0 else { throw Self.failure(path) }
        syncFolder(of: path)
    }

    public func write(_ text: String, to path: String, mode: UInt32) throws(HostFailure) {
        try write(Array(text.utf8), to: path, mode: mode)
    }

    /// Writes a kernel setting below `/proc/sys`, which has no other bytes to keep.
    public func set(_ path: String, to value: String) throws(HostFailure) {
        let opened = open(place(path), O_WRONLY | O_CLOEXEC | O_TRUNC)
        guard opened >= 0 else { throw Self.failure(path) }
        let file = FileDescriptor(owning: opened)
        let text = value + "\n"
        guard
            text.utf8.withContiguousStorageIfAvailable({ Glibc.write(file.rawValue, $0.baseAddress!, $0.count) })
                == text.utf8.count
        else { throw Self.failure(path) }
    }

    /// Removes a file and what is left of one being written; does nothing when there is none.
    public func remove(_ path: String) throws(HostFailure) {
        unlink(place(path) + Self.unfinishedSuffix)
        guard unlink(place(path)) == 0 || errno == ENOENT || errno == ENOTDIR else { throw Self.failure(path) }
        syncFolder(of: path)
    }

    /// Makes a folder, for which its parent has to be there. Does nothing when there is one.
    public func makeFolder(_ path: String, mode: UInt32 = 0o755) throws(HostFailure) {
        guard mkdir(place(path), mode) == 0 || errno == EEXIST else { throw Self.failure(path) }
        syncFolder(of: path)
    }

    /// Removes a folder that is empty; another one is left alone.
    public func removeEmptyFolder(_ path: String) { rmdir(place(path)) }

    /// The names in a folder, sorted; none when there is no such folder.
    public func names(in path: String) -> [String] {
        guard let folder = opendir(place(path)) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// A rename is on the disk when its folder is.
    private func syncFolder(of path: String) {
        let place = place(path)
        // The current folder for a path without any.
        let folder = place.lastIndex(of: "/").map { place[...$0] } ?? "."
        let opened = open(String(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard opened >= 0 else { return }
        fsync(FileDescriptor(owning: opened).rawValue)
    }

    private static func failure(_ path: String) -> HostFailure {
        HostFailure("\(path): \(String(cString: strerror(errno)))")
    }
}
