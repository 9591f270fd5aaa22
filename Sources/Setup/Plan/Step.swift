// SPDX-License-Identifier: GPL-2.0-or-later

public import Host
internal import WireGuardWire

/// One thing setup does to a machine. Each can be done again without harm, and undone.
public enum Step: Hashable, Sendable {
    /// A folder that has to be there.
    case folder(String, mode: UInt32 = 0o755)
    case file(PlannedFile)
    /// A client's bundle that has to go.
    case removal(String)
    /// A kernel setting below `/proc/sys`.
    case setting(path: String, value: String)
    case command(PlannedCommand)
    /// A unit that is enabled and runs.
    case service(PlannedService)
    /// Takes back a thing that an earlier run has done and that is no longer wanted.
    case undoing(SetupRecord.Entry)
}

/// A file with the text it has to have.
public struct PlannedFile: Hashable, Sendable {
    public var path: String
    public var text: String
    public var mode: UInt32
    /// True for what holds a user's keys and choices, which stay after `engarde uninstall` without `--purge`.
    public var isKept: Bool
    /// The text from which on changes need no restart of the service that reads it, but a reload.
    public var reloadsFrom: String?
    /// True for a text that holds what a user has made of the file: nothing of it is lost.
    public var isAmended: Bool

    public init(
        _ path: String, _ text: String, mode: UInt32 = 0o644, isKept: Bool = false, reloadsFrom: String? = nil,
        isAmended: Bool = false
    ) {
        self.path = path
        self.text = text
        self.mode = mode
        self.isKept = isKept
        self.reloadsFrom = reloadsFrom
        self.isAmended = isAmended
    }

    /// Returns whether writing it would replace what a user has made of the file.
    ///
    /// - Parameter written: the digest of what setup wrote last; empty if it did not.
    func replaces(_ current: [UInt8], written: String) -> Bool {
        !isAmended && !written.isEmpty && hexDigest(of: current) != written && current != Array(text.utf8)
    }

    /// Returns whether only that part of the text is another one.
    func canReload(from old: [UInt8]?) -> Bool {
        guard let reloadsFrom, let old else { return false }
        func head(_ text: String) -> Substring {
            text.prefix(upTo: text.firstRange(of: reloadsFrom)?.lowerBound ?? text.endIndex)
        }
        return head(String(decoding: old, as: UTF8.self)) == head(text)
    }
}

/// A command with the one that takes it back.
public struct PlannedCommand: Hashable, Sendable {
    public var command: Command
    public var undo: Command
    /// Tells by its exit status, or by a word in its output, that there is nothing to do.
    public var check: Command
    public var checkWord: String?

    public init(_ command: Command, undo: Command, check: Command, checkWord: String? = nil) {
        self.command = command
        self.undo = undo
        self.check = check
        self.checkWord = checkWord
    }
}

/// A unit of systemd's.
public struct PlannedService: Hashable, Sendable {
    public var name: String
    /// The files it reads as it starts.
    public var files: [String]
    /// Tells by its exit status that what the unit does is still in force; nil when its being active tells that.
    public var check: Command?

    public init(_ name: String, files: [String], check: Command? = nil) {
        self.name = name
        self.files = files
        self.check = check
    }
}
