// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc

/// The system's journal, as the reader of a stream of ours.
public enum Journal {
    /// Returns true when a descriptor is the stream to the journal that systemd opened for this service.
    ///
    /// - Parameter stream: `JOURNAL_STREAM`, the device and inode of that stream (systemd.exec(5)). A standard error
    ///   that was redirected afterwards is another one.
    public static func reads(_ descriptor: Int32, stream: String?) -> Bool {
        guard let numbers = stream?.split(separator: ":", omittingEmptySubsequences: false), numbers.count == 2 else {
            return false
        }
        var file = stat()
        return fstat(descriptor, &file) == 0 && UInt64(numbers[0]) == UInt64(file.st_dev)
            && UInt64(numbers[1]) == UInt64(file.st_ino)
    }

    /// Returns a text with the priority before each of its lines, as the journal takes it (sd-daemon(3)), and an end of
    /// line after each.
    ///
    /// - Parameter priority: 0...7 as syslog(3) has it; 3 is an error, 6 is information.
    public static func lines(_ text: String, priority: Int) -> String {
        text.split(whereSeparator: \.isNewline).map { "<\(priority)>\($0)\n" }.joined()
    }
}
