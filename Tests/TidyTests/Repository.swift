// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// The files of the repository that people write, read once.
enum Repository {
    static let files: [SourceFile] = {
        var files: [SourceFile] = []
        collect("", into: &files)
        return files.sorted { $0.path < $1.path }
    }()

    static let swiftFiles = files.filter { $0.kind == .swift }

    private static let root = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
    /// Folders of what is built, fetched or measured.
    private static let skipped: Set = [
        ".", "..", ".build", ".git", "Results", "results", "__pycache__", "screenshots",
    ]

    /// Says if there is anything at a path below the root.
    static func exists(_ path: String) -> Bool { access("\(root)/\(path)", F_OK) == 0 }

    private static func collect(_ folder: String, into files: inout [SourceFile]) {
        guard let stream = opendir("\(root)/\(folder)") else { return }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if skipped.contains(name) { continue }
            let path = folder.isEmpty ? name : "\(folder)/\(name)"
            // Symbolic links lead to what is found elsewhere.
            switch Int(entry.pointee.d_type) {
            case Int(DT_DIR): collect(path, into: &files)
            case Int(DT_REG): if let file = SourceFile(path, bytes: read(path)) { files.append(file) }
            default: break
            }
        }
    }

    private static func read(_ path: String) -> [UInt8] {
        guard let stream = fopen("\(root)/\(path)", "r") else { return [] }
        defer { fclose(stream) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&buffer, 1, buffer.count, stream)
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
    }
}
