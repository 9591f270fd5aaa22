// SPDX-License-Identifier: GPL-2.0-or-later

import Testing

/// The public declarations of a room are used by somebody: another room, a test, a benchmark.
///
/// Looks at names alone, so a declaration whose name means something else elsewhere passes.
@Suite struct PublicTests {
    /// Public because a public declaration is made of them or throws them.
    private static let partsOfOthers: Set = [
        "Control.Lookup", "DataPlane.EngineUnavailable", "Setup.FileEntry", "Setup.PlannedCommand",
        "Setup.PlannedService",
    ]
    /// Public without need yet. None may be added.
    private static let needless: Set = [
        "Host.endedStatus", "Links.standing", "Setup.WireGuardKeys", "Setup.checkWord", "Setup.clientsMax",
        "Setup.isAmended", "Setup.isKept", "Setup.isPart", "Setup.loosened", "Setup.reloadsFrom", "Setup.takesNames",
    ]

    @Test func publicDeclarationsAreUsedElsewhere() {
        var users: [String: Set<String>] = [:]
        for file in Repository.swiftFiles where file.module != "Tests/TidyTests" {
            for name in Set(file.code.flatMap(\.identifiers)) { users[name, default: []].insert(file.module) }
        }
        let rooms = Dictionary(grouping: Repository.swiftFiles, by: \.module).filter { $0.key.hasPrefix("Sources/") }
        let exceptions = Self.partsOfOthers.union(Self.needless)
        for (room, files) in rooms {
            let lines = files.flatMap { file in file.code.map { (file.path, $0) } }
            let declarations = lines.compactMap { path, line in line.publicName.map { (path, $0) } }
            let signatures = lines.filter { $0.1.isPublic }.flatMap { Array(Set($0.1.identifiers)) }
            let uses = Dictionary(signatures.map { ($0, 1) }, uniquingKeysWith: +)
            for (path, name) in declarations where users[name] == [room] {
                // A type that something public is made of has to be public, too.
                let isInSignature = name.first?.isUppercase == true && uses[name, default: 0] > 1
                if isInSignature || exceptions.contains("\(room.dropFirst("Sources/".count)).\(name)") { continue }
                Issue.record("\(path): nobody outside of \(room) names \(name)")
            }
        }
    }

    @Test(
        arguments: [
            ("    public static let one = 2", "one"), ("@discardableResult public func `do`() {", "do"),
            ("public private(set) var three: Int", "three"), ("public final class Four: Five {", "Four"),
            ("public class func six() {", "six"),
        ] as [(Substring, String)])
    func namesAreFound(_ line: Substring, _ name: String) { #expect(line.publicName == name) }

    @Test(
        arguments: [
            "    static let one = 2", "public init(a: Int) {", "public static func == (a: A, b: A) -> Bool {",
            "let text = \"public\"", "public import Sockets",
        ] as [Substring])
    func othersAreNot(_ line: Substring) { #expect(line.publicName == nil) }
}

extension Substring {
    private static let declarators: Set<Substring> = [
        "func", "var", "let", "struct", "class", "enum", "protocol", "typealias", "actor",
    ]

    fileprivate var isPublic: Bool { split(separator: " ").contains("public") }

    /// The name of the public declaration that the line begins; nil when it begins none, or one without a name.
    fileprivate var publicName: String? {
        let words = split(separator: " ")
        guard let position = words.lastDeclarator(of: Self.declarators), position + 1 < words.count,
            words[..<position].contains("public")
        else { return nil }
        let name = words[position + 1].drop { $0 == "`" }.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        return name.isEmpty ? nil : String(name)
    }
}

extension [Substring] {
    /// Returns the position of the word before the name: the second one of `class func`.
    fileprivate func lastDeclarator(of declarators: Set<Substring>) -> Int? {
        guard let first = firstIndex(where: declarators.contains) else { return nil }
        return first + 1 < count && declarators.contains(self[first + 1]) ? first + 1 : first
    }
}
