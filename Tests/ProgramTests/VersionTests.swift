// SPDX-License-Identifier: GPL-2.0-or-later

import Program
import Support
import Testing

/// One file says the version, and everything that tells it says the same.
@Suite struct VersionTests {
    private static let root = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }

    private static func path(_ name: String) -> String { "\(root)/\(name)" }

    /// What the file says.
    private static var base: String { readText(path("VERSION")).filter { $0 != "\n" } }

    /// The version of the program that is built here.
    private static func version() throws -> String {
        let words = RunningProgram.run(["--version"]).output.split(whereSeparator: \.isWhitespace)
        try #require(words.count == 2 && words[0] == "engarde")
        return String(words[1])
    }

    @Test func theProgramHasTheFilesVersion() throws {
        let version = try Self.version()
        #expect(version == Program.version)
        let more = version.dropFirst(Self.base.count)
        #expect(version.hasPrefix(Self.base))
        #expect(try more.isEmpty || more.wholeMatch(of: Regex("\\+[0-9]+\\.g[0-9a-f]{8,}")) != nil, "\(version)")
    }

    @Test func theAPITellsIt() throws {
        let runtime = try TemporaryFolder()
        let file = try ConfigurationFixture.working(.server, port: try ConfigurationFixture.freePort())
        let server = RunningProgram(.server, [file.path], runtime: runtime)
        try #require(server.says("the control socket is "))
        let json = RunningProgram.run(["status", "--json"], runtime: runtime).output
        #expect(json.contains("\"version\":\"\(try Self.version())\""), "\(json)")
        withExtendedLifetime(server) {}
    }

    @Test func theAPIsDescriptionHasIt() {
        let lines = readText(Self.path("Documentation/openapi.yaml")).split(separator: "\n")
        #expect(lines.filter { $0.hasPrefix("  version: ") } == ["  version: \"\(Self.base)\""])
    }

    /// An archive, and a clone at its release, after it and at a tag.
    @Test(.enabled(if: Environment.find("git") != nil, "there is no git"))
    func aCloneCountsItsCommits() throws {
        let folder = try TemporaryFolder()
        func git(_ arguments: String...) throws {
            try Support.run(["git", "-C", folder.path, "-c", "user.name=t", "-c", "user.email=t@t"] + arguments)
        }
        func version() throws -> String { try Support.run(["sh", "\(folder.path)/packaging/version"]) }
        try Support.run(["mkdir", "\(folder.path)/packaging"])
        try Support.run(["cp", Self.path("packaging/version"), "\(folder.path)/packaging/version"])
        _ = try folder.write("1.2.3\n", to: "VERSION")
        #expect(try version() == "1.2.3")
        try git("init", "-q")
        #expect(try version() == "1.2.3")
        try git("add", ".")
        try git("commit", "-q", "-m", "one")
        #expect(try version() == "1.2.3")
        for message in ["two", "three"] { try git("commit", "-q", "--allow-empty", "-m", message) }
        #expect(try version().wholeMatch(of: Regex("1\\.2\\.3\\+2\\.g[0-9a-f]{8,}")) != nil)
        try git("tag", "v1.2.3")
        #expect(try version() == "1.2.3")
    }

    /// A package and an archive of a tree with this program in it.
    @Test(.enabled(if: Environment.find("dpkg-shlibdeps") != nil, "there is no dpkg-shlibdeps"))
    func packagesHaveIt() throws {
        let version = try Self.version()
        let (tree, output) = (try TemporaryFolder(), try TemporaryFolder())
        for folder in ["bin", "lib/systemd/system", "share/zsh/site-functions", "share/man/man1"] {
            try Support.run(["mkdir", "-p", "\(tree.path)/usr/\(folder)"])
        }
        let program = "\(tree.path)/usr/bin/engarde"
        try Support.run(["cp", "\(Environment.executableFolder)/engarde", program])
        _ = try tree.write(".Dd November 1, 2026\n", to: "usr/share/man/man1/engarde.1")
        // Compressed it would be the same for more time.
        let package = try Support.run(
            ["env", "DPKG_DEB_COMPRESSOR_TYPE=none", Self.path("packaging/deb/build"), tree.path, output.path])
        #expect(package.hasPrefix("\(output.path)/engarde_\(version)_"))
        let field = try Support.run(["dpkg-deb", "--field", package, "Version", "Depends"])
        #expect(field.hasPrefix("Version: \(version)\n"))
        for library in ["libc6 (>= 2.", "liburing2 (>= ", "libmnl0 (>= ", "libyaml-0-2"] {
            #expect(field.contains(library), "\(field)")
        }
        _ = try tree.write("#!/bin/sh\nexec '\(Environment.executableFolder)/engarde' \"$@\"\n", to: "usr/bin/engarde")
        try Support.run(["chmod", "+x", program])
        let archive = try Support.run([Self.path("packaging/tarball"), "\(tree.path)/usr", output.path])
        #expect(archive.hasPrefix("\(output.path)/engarde-\(version)-linux-"))
        try Support.run(["sh", "-c", "cd '\(output.path)' && sha256sum --check --strict SHA256SUMS"])
    }

    /// A package that names no libraries could be installed where the program does not start.
    @Test(.enabled(if: Environment.find("dpkg-shlibdeps") != nil, "there is no dpkg-shlibdeps"))
    func noPackageWithoutItsLibraries() throws {
        let (tree, output, tools) = (try TemporaryFolder(), try TemporaryFolder(), try TemporaryFolder())
        for folder in ["bin", "lib/systemd/system", "share/zsh/site-functions", "share/man/man1"] {
            try Support.run(["mkdir", "-p", "\(tree.path)/usr/\(folder)"])
        }
        _ = try tree.write("#!/bin/sh\necho engarde 1.2.3\n", to: "usr/bin/engarde")
        _ = try tree.write(".Dd November 1, 2026\n", to: "usr/share/man/man1/engarde.1")
        for body in ["echo no such library >&2; exit 2", "exit 0"] {
            let tool = try tools.write("#!/bin/sh\n\(body)\n", to: "dpkg-shlibdeps")
            try Support.run(["chmod", "+x", tool, "\(tree.path)/usr/bin/engarde"])
            let build = try Program([
                "env", "PATH=\(tools.path):\(Environment.value("PATH") ?? "")", Self.path("packaging/deb/build"),
                tree.path, output.path,
            ])
            #expect(try build.waitForExit() == .exited(1))
            #expect(build.text(.error).contains("the libraries that the program needs are not known"))
            #expect(build.text(.error).contains("no such library") == body.hasPrefix("echo"))
            #expect(try Support.run(["ls", output.path]) == "")
        }
    }
}
