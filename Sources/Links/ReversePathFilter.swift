// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
internal import Sockets

/// Detects strict reverse-path filtering (RFC 3704): the kernel drops packets that arrive on another interface than the
/// best one toward their sender, which affects all uplinks but one.
public enum ReversePathFilter {
    /// Returns a warning with a remedy when the kernel would drop the server's answers on this interface, else nil.
    public static func warning(
        _ interface: Interface, _ pair: CandidatePair, _ routes: any RouteLookup
    ) -> String? {
        guard isStrict(interface.name), routes.refusesAnswers(
            over: interface.index, from: pair.destination, to: pair.source)
        else { return nil }
        return "strict reverse-path filtering drops the server's answers; to let them in: "
            + "sysctl -w \(setting(interface.name))=2"
    }

    /// Returns true when the kernel filters strictly: it uses the larger of the values for all and for the interface.
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

    /// Returns the kernel setting of an interface, with slashes when its name has a dot, which would separate it.
    public static func setting(_ name: String) -> String {
        name.contains(".") ? "net/ipv4/conf/\(name)/rp_filter" : "net.ipv4.conf.\(name).rp_filter"
    }
}
