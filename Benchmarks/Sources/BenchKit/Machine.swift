// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
internal import Support

/// Where and when something was measured.
package struct Machine: Codable, Sendable {
    package let processor: String
    package let coreCount: Int
    package let kernel: String
    package let memoryMebibytes: Int
    /// Whether the two cores are one core's two threads, in which case the load slows the relays; nil when
    /// unknown.
    package let coresShareHardware: Bool?
    /// UTC, `YYYY-MM-DD hh:mm`.
    package let date: String
    /// Load average of the last minute before the start: above some tenths, others were at work.
    package let loadAverage: Double

    package init(_ cores: Cores) {
        func value(_ key: String, in text: String) -> String? {
            text.split(separator: "\n").first { $0.hasPrefix(key) }
                .flatMap { $0.split(separator: ":").last }
                .map { String($0.drop { $0 == " " }) }
        }
        processor = value("model name", in: readText("/proc/cpuinfo")) ?? "unknown"
        coreCount = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        kernel =
            readText("/proc/sys/kernel/osrelease").split(separator: "\n").first.map(String.init) ?? "unknown"
        memoryMebibytes =
            Int(sysconf(Int32(_SC_PHYS_PAGES))) / 256 * (Int(sysconf(Int32(_SC_PAGESIZE))) / 4_096)
        let siblings = readText("/sys/devices/system/cpu/cpu\(cores.relays)/topology/thread_siblings_list")
        coresShareHardware =
            siblings.isEmpty
            ? nil
            : siblings.split(whereSeparator: { $0 == "," || $0 == "-" || $0 == "\n" }).contains(
                "\(cores.load)")
        loadAverage = readText("/proc/loadavg").split(separator: " ").first.flatMap { Double($0) } ?? .nan
        var now = time(nil)
        var parts = tm()
        gmtime_r(&now, &parts)
        func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
        date =
            "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday)) "
            + "\(two(parts.tm_hour)):\(two(parts.tm_min))"
    }

    package var text: String {
        "\(processor), \(coreCount) cores, Linux \(kernel), \(date) UTC, load \(fixed(loadAverage, 2)) before"
            + (coresShareHardware == true ? "; the two cores used are threads of one" : "")
    }
}
