// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
internal import Sockets

/// Strict reverse-path filtering (RFC 3704): the kernel drops what arrives on an interface that is not the best one
/// toward its sender, which on a machine with several uplinks is all but one.
public enum ReversePathFilter {
    /// Returns what the kernel would do to the server's answers on this interface and the command that changes it, or
    /// nil when they are let in.
    public static func warning(
        _ interface: Interface, _ pair: CandidatePair, _ routes: any RouteLookup
    ) -> String? {
        guard isStrict(interface.name), routes.refusesAnswers(
            over: interface.index, from: pair.destination, to: pair.source)
        else { return nil }
        return "strict reverse-path filtering drops the server's answers; to let them in: "
            + "sysctl -w \(setting(interface.name))=2"
    }

    /// Returns whether the kernel filters strictly there: it takes the larger of the value for all and the interface's.
    private static func isStrict(_ name: String) -> Bool {
        let values = ["all", name].map { value(of: $0) }
        return values.compactMap(\.self).max() == 1
    }

    private static func value(of scope: String) -> Int? {
        guard let file = fopen("/proc/sys/net/ipv4/conf/\(scope)/rp_filter", "re") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 16)
        guard fgets(&line, Int32(line.count), file) != nil else { return nil }
        return Int(String(decoding: line.prefix { $0 >= 48 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
    }

    /// Returns the kernel setting of an interface, with slashes where the name has a dot, which would part it.
    public static func setting(_ name: String) -> String {
        name.contains(".") ? "net/ipv4/conf/\(name)/rp_filter" : "net.ipv4.conf.\(name).rp_filter"
    }
}
