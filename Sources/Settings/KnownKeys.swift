// SPDX-License-Identifier: GPL-2.0-or-later

/// The keys of one mapping of the file.
protocol KnownKey: RawRepresentable<String>, CaseIterable, Hashable, Sendable {}

extension KnownKey {
    static var names: [String] { allCases.map(\.rawValue) }
}

enum SectionKey: String, KnownKey {
    case client, server
}

enum ClientKey: String, KnownKey {
    case description, listenAddr, dstAddr, writeTimeout, excludedInterfaces, includedInterfaces, interfaceLabels
    case dstOverrides, allowedSources, `protocol`, onLinkChange, webManager, controlSocket, engine, logLevel, tuning
}

enum ServerKey: String, KnownKey {
    case description, listenAddr, dstAddr, writeTimeout, clientTimeout, maxPaths, maxSessions, maxPathsPerSession
    case wireguardPublicKey, `protocol`, onLinkChange, webManager, controlSocket, engine, logLevel, tuning
}

enum WebManagerKey: String, KnownKey {
    case listenAddr, username, password, passwordFile, publicHost
}

enum TuningKey: String, KnownKey {
    case processor, busyPollMicroseconds, submissionThread
}

enum OverrideKey: String, KnownKey {
    case ifName, dstAddr
}

/// Says where a key belongs that stands in the wrong mapping, as it does when it is not indented far enough.
enum KeyHomes {
    private static let homes: [(place: String, names: [String])] = [
        ("client", ClientKey.names), ("server", ServerKey.names), ("webManager", WebManagerKey.names),
        ("dstOverrides", OverrideKey.names), ("tuning", TuningKey.names),
    ]

    /// The mappings that know `name`, such as `client or server`; nil when none does.
    static func places(for name: String) -> String? {
        let places = homes.filter { $0.names.contains(name) }.map(\.place)
        return places.isEmpty ? nil : places.joined(separator: " or ")
    }
}
