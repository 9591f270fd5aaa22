// SPDX-License-Identifier: GPL-2.0-or-later

import Testing

/// The rooms of `Sources` use each other in one direction only.
@Suite struct RoomTests {
    private struct Room: Sendable {
        let name: String
        /// Rooms it may import, each of which stands above it in the list.
        let rooms: [String]
        /// Modules of packages and of the toolchain that it may import.
        let libraries: [String]

        init(_ name: String, _ rooms: [String] = [], libraries: [String] = []) {
            self.name = name
            self.rooms = rooms
            self.libraries = libraries
        }
    }

    /// `CShims` is C, beside `Sources`.
    private static let rooms = [
        Room("CShims"),
        Room("Status"),
        Room("Version"),
        Room("WireGuardWire"),
        Room("Sockets", ["CShims"], libraries: ["Glibc"]),
        Room("DataPlane", ["CShims", "Sockets", "WireGuardWire"], libraries: ["Glibc", "Synchronization"]),
        Room("Settings", ["CShims", "Sockets", "WireGuardWire"], libraries: ["Glibc"]),
        Room("Links", ["CShims", "Sockets", "Settings"], libraries: ["Dispatch", "Glibc", "Synchronization"]),
        Room("Quality", ["Status"]),
        Room(
            "Control",
            ["CShims", "Sockets", "Settings", "Links", "DataPlane", "Status", "Quality", "Version"],
            libraries: [
                "Dispatch", "Glibc", "Logging", "ServiceLifecycle", "Subprocess", "Synchronization", "SystemPackage",
            ]),
        Room("Systemd", ["Sockets", "Status"], libraries: ["Glibc", "Logging", "ServiceLifecycle"]),
        Room(
            "WebManager", ["Sockets", "Status"],
            libraries: [
                "FoundationEssentials", "Glibc", "HTTPTypes", "HummingbirdCore", "Logging", "NIOCore", "NIOHTTPTypes",
                "NIOPosix", "ServiceLifecycle", "Synchronization",
            ]),
        Room(
            "ControlClient", ["Status"],
            libraries: [
                "FoundationEssentials", "Glibc", "HTTPTypes", "NIOCore", "NIOHTTP1", "NIOHTTPTypes",
                "NIOHTTPTypesHTTP1", "NIOPosix",
            ]),
        Room("Host", ["Sockets"], libraries: ["Glibc", "Subprocess", "SystemPackage"]),
        Room(
            "Setup", ["Sockets", "Settings", "Links", "WireGuardWire", "Host"],
            libraries: ["FoundationEssentials", "Glibc"]),
        Room(
            "Doctor", ["Sockets", "Settings", "Links", "Status", "Control", "ControlClient", "Host", "Setup"],
            libraries: ["FoundationEssentials", "Glibc"]),
        Room(
            "Program",
            ["Settings", "Status", "Version", "Control", "ControlClient", "Systemd", "WebManager", "Host", "Setup"],
            libraries: ["ArgumentParser", "Glibc", "Logging", "ServiceLifecycle", "UnixSignals"]),
        Room(
            "engarde",
            [
                "Sockets", "Settings", "Links", "Status", "Control", "ControlClient", "WebManager", "Host", "Setup",
                "Doctor", "Program",
            ],
            libraries: ["ArgumentParser", "Dispatch", "Glibc"]),
    ]

    @Test func arrowsLeadUpTheList() {
        for (position, room) in Self.rooms.enumerated() {
            let above = Set(Self.rooms[..<position].map(\.name))
            #expect(above.isSuperset(of: room.rooms), "\(room.name) uses a room that stands below it")
        }
    }

    @Test func everyRoomIsListed() {
        let folders = Set(Repository.swiftFiles.map(\.module).filter { $0.hasPrefix("Sources/") })
        #expect(folders == Set(Self.rooms.map { "Sources/\($0.name)" }.dropFirst()))
    }

    @Test func roomsImportOnlyWhatTheyMay() {
        var allowed: [String: Set<String>] = [:]
        for room in Self.rooms { allowed["Sources/\(room.name)"] = Set(room.rooms + room.libraries) }
        for file in Repository.swiftFiles where file.path.hasPrefix("Sources/") {
            for module in file.imports where allowed[file.module]?.contains(module) == false {
                Issue.record("\(file.path) imports \(module), which \(file.module) may not")
            }
        }
    }

    @Test func importsAreFound() throws {
        let text = """
            import A
            @testable public import struct B.C // d
              internal import D.E
            // import F
            let importance = 1
            """
        let file = try #require(SourceFile("Sources/X/y.swift", bytes: Array(text.utf8)))
        #expect(file.imports == ["A", "B", "D"])
    }
}

extension SourceFile {
    private static let symbolKinds: Set = ["struct", "class", "enum", "protocol", "typealias", "func", "let", "var"]

    /// The modules it imports, without their submodules.
    var imports: [String] {
        code.compactMap { line in
            var words = line.split(separator: " ")[...]
            while let word = words.first, word.hasPrefix("@") || word.isAccessLevel { words.removeFirst() }
            guard words.popFirst() == "import" else { return nil }
            if let word = words.first, Self.symbolKinds.contains(String(word)) { words.removeFirst() }
            return words.first?.split(separator: ".").first.map(String.init)
        }
    }
}

extension Substring {
    fileprivate var isAccessLevel: Bool {
        ["public", "package", "internal", "fileprivate", "private"].contains(self)
    }
}
