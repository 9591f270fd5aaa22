// SPDX-License-Identifier: GPL-2.0-or-later

import ArgumentParser
import Glibc
import Host
import Program
import Settings
import Setup

/// The place a bundle is written to: a file that only its owner can read, or the standard output.
struct BundleOutput: ParsableArguments {
    @Option(
        name: [.short, .long], help: "Write the bundle into this file, which only its owner can read.",
        completion: .file(extensions: ["bundle"]))
    var output: String?

    /// Makes sure that no other file is lost.
    ///
    /// - Parameter bundle: what the file may hold already; nil for a bundle that is yet to be made.
    /// - Throws: when there is a file that holds something else.
    func check(_ bundle: ClientBundle? = nil) throws {
        var status = stat()
        guard let output, stat(output, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFREG, let bundle, try Files().read(output) == bundle.text else {
            throw SetupFailure("\(output) is there, and is no copy of this bundle: choose another name, or remove it")
        }
    }

    /// Writes the bundle, and warns of a standard output that is a file for others to read.
    func write(_ bundle: ClientBundle) throws {
        guard let output else {
            if let warning = Self.warning(of: STDOUT_FILENO) { Program.writeError(warning) }
            return print(bundle.text, terminator: "")
        }
        try check(bundle)
        try Files().write(bundle.text, to: output, mode: 0o600)
    }

    /// Returns a warning, with the command that helps, when a descriptor is of a file that others can read; else nil.
    static func warning(of descriptor: Int32) -> String? {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o044 != 0 else {
            return nil
        }
        var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = bytes.withUnsafeMutableBytes { buffer in
            readlink("/proc/self/fd/\(descriptor)", buffer.baseAddress!, buffer.count)
        }
        let file = count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : "FILE"
        return "warning: others can read \(file), and the bundle holds keys: \(Command("chmod", "600", file)); "
            + "--output FILE writes one for its owner alone"
    }
}
