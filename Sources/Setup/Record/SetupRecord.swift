// SPDX-License-Identifier: GPL-2.0-or-later

internal import FoundationEssentials
public import Host

/// The record of what setup has done to a machine, and of what was there before: `engarde uninstall` undoes exactly
/// that.
///
/// An entry is on the disk before what it undoes is done. Whatever ends setup in the middle, the record knows of it.
public struct SetupRecord: Hashable, Sendable, Codable {
    static let version = 1

    var version = Self.version
    public var role: Role
    public var server: ServerAnswers?
    public var client: ClientAnswers?
    /// In the order of being done.
    var entries: [Entry] = []
    /// Services that read files which have changed since they were started, and whether a reload is enough for them.
    var stale: [String: Bool] = [:]
    /// True while a plan is carried out.
    public internal(set) var isUnfinished = true

    /// True when the machine does what it was set up for, or was about to: `engarde uninstall` keeps the keys only.
    public var isInForce: Bool { entries.contains { if case .service = $0 { true } else { false } } }

    public enum Entry: Hashable, Sendable, Codable {
        /// A folder that was made.
        case folder(String)
        case file(FileEntry)
        case setting(path: String, before: String)
        case command(undo: Command)
        case service(String)
    }

    public struct FileEntry: Hashable, Sendable, Codable {
        var path: String
        /// nil when there was none.
        var before: [UInt8]?
        var modeBefore: UInt32?
        /// The digest of what setup wrote last.
        var written: String
        var isKept: Bool
    }

    init(role: Role) { self.role = role }

    /// Reads the record of this machine; nil when there is none.
    ///
    /// - Throws: when it cannot be understood, as when a newer engarde wrote it.
    public static func read(_ files: Files) throws -> SetupRecord? {
        guard let bytes = try files.bytes(of: Places.record) else { return nil }
        struct Version: Decodable { var version: Int }
        do {
            let decoder = JSONDecoder()
            guard try decoder.decode(Version.self, from: Data(bytes)).version <= version else {
                throw SetupFailure("\(Places.record): written by a newer engarde: use that one")
            }
            return try decoder.decode(SetupRecord.self, from: Data(bytes))
        } catch let failure as SetupFailure {
            throw failure
        } catch {
            throw SetupFailure("\(Places.record): cannot be understood (\(error))")
        }
    }

    func write(_ files: Files) throws {
        try files.makeFolder(Places.state, mode: 0o700)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        // It holds what was in files before, keys perhaps.
        try files.write(Array(try encoder.encode(self)), to: Places.record, mode: 0o600)
    }

    /// Returns whether setup has written a file on this machine.
    public func hasWritten(_ path: String) -> Bool { fileEntry(path) != nil }

    func fileEntry(_ path: String) -> FileEntry? {
        for case .file(let entry) in entries where entry.path == path { return entry }
        return nil
    }

    mutating func set(_ entry: FileEntry) {
        let index = entries.firstIndex { if case .file(let known) = $0 { known.path == entry.path } else { false } }
        if let index { entries[index] = .file(entry) } else { entries.append(.file(entry)) }
    }
}
