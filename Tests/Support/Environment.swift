// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// The environment of this process, and where programs are found.
public enum Environment {
    public static var current: [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let pair = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { variables[String(pair[0])] = String(pair[1]) }
            entry += 1
        }
        return variables
    }

    public static func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// PATH with the folders of the network tools, which Debian keeps from ordinary users.
    static var searchPath: String {
        (value("PATH") ?? "/usr/bin:/bin") + ":/usr/local/sbin:/usr/sbin:/sbin"
    }

    /// The file behind a command's name, nil when there is none; a name with a slash is a path already.
    public static func find(_ command: String) -> String? {
        if command.contains("/") { return access(command, X_OK) == 0 ? command : nil }
        for folder in searchPath.split(separator: ":") where access("\(folder)/\(command)", X_OK) == 0 {
            return "\(folder)/\(command)"
        }
        return nil
    }

    /// The file this process runs.
    public static var executable: String {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { readlink("/proc/self/exe", $0.baseAddress!, $0.count) }
        return String(decoding: buffer[..<max(0, count)], as: UTF8.self)
    }

    /// The folder this process's file is in, where the build puts all programs.
    public static var executableFolder: String {
        executable.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
    }

    /// The path of a name by which `engarde` in `folder` behaves as one of the two original programs, `engarde-client` or
    /// `engarde-server`; makes the link where it is missing.
    public static func engarde(_ name: String, in folder: String = executableFolder) -> String {
        let path = "\(folder)/\(name)"
        var status = stat()
        // A program of that name from an earlier build would be another program.
        if lstat(path, &status) != 0 || status.st_mode & S_IFMT != S_IFLNK {
            unlink(path)
            symlink("engarde", path)
        }
        return path
    }
}
