// SPDX-License-Identifier: GPL-2.0-or-later

import Host
import Support
import Testing

@Suite struct FilesTests {
    private let folder: TemporaryFolder
    private let files: Files

    init() throws {
        folder = try TemporaryFolder()
        files = Files(root: folder.path)
    }

    @Test func aFileIsWrittenWholeAndRemoved() throws {
        #expect(try files.read("/a") == nil && files.mode(of: "/a") == nil)
        try files.write("first\n", to: "/a", mode: 0o600)
        try files.write("second\n", to: "/a", mode: 0o666)
        #expect(try files.read("/a") == "second\n")
        #expect(files.mode(of: "/a") == 0o666)
        #expect(files.names(in: "/") == ["a"], "nothing unfinished stays behind")
        try files.remove("/a")
        try files.remove("/a")
        #expect(!files.exists("/a"))
    }

    /// A file that was being written when the power went.
    @Test func whatIsLeftUnfinishedIsNotInTheWay() throws {
        try files.write("half", to: "/a" + Files.unfinishedSuffix, mode: 0o600)
        try files.write("whole", to: "/a", mode: 0o600)
        #expect(files.names(in: "/") == ["a"])
    }

    @Test func onlyAnEmptyFolderIsRemoved() throws {
        try files.makeFolder("/d")
        try files.makeFolder("/d")
        try files.write("", to: "/d/a", mode: 0o600)
        files.removeEmptyFolder("/d")
        #expect(files.exists("/d/a"))
        try files.remove("/d/a")
        files.removeEmptyFolder("/d")
        #expect(!files.exists("/d"))
    }

    @Test func aRefusalNamesTheFile() throws {
        #expect(throws: HostFailure("/none/a: No such file or directory")) {
            try files.write("", to: "/none/a", mode: 0o600)
        }
    }
}
