// SPDX-License-Identifier: GPL-2.0-or-later

internal import DataPlane

/// Decides which links carry when there are more than can carry at a time. Pure.
///
/// A link that has brought something keeps its place. One that has brought nothing, though it was given the time, gives
/// way to a link that waits, and waits itself: so each gets its turn, and those that work stay.
enum LinkPlaces {
    /// A link with a place.
    struct Occupant: Hashable {
        /// Of its interface.
        var index: Int32
        /// When it took its place, monotonic nanoseconds.
        var joined: Int64
        var hasBroughtSomething: Bool
        /// Whether datagrams that want an answer were sent since it joined.
        var wasAsked: Bool
    }

    static var count: Int { Limits.links }
    /// The time a link has to bring something.
    static let trialNanoseconds: Int64 = 5_000_000_000

    static var words: String {
        "\(count) links carry already, which is the limit: exclude interfaces that do not lead to the server"
    }

    /// Returns the occupant that gives way to another link now: the one that has been without use for longest.
    static func givingWay(_ occupants: [Occupant], now: Int64) -> Int32? {
        occupants.filter { !$0.hasBroughtSomething && $0.wasAsked && now - $0.joined >= trialNanoseconds }
            .min { ($0.joined, $0.index) < ($1.joined, $1.index) }?.index
    }

    /// Returns the pattern for `excludedInterfaces` that matches most of these names, `veth*` for example; nil when no
    /// two of them begin alike.
    static func commonPattern(_ names: [String]) -> String? {
        let prefixes = names.flatMap { name in (2...max(2, name.count)).map { name.prefix($0) } }
        let counts = Dictionary(grouping: prefixes, by: \.self).mapValues(\.count)
        // Of those that match as many the longest, and of those the first in order.
        let best = counts.max { ($0.value, $0.key.count, $1.key) < ($1.value, $1.key.count, $0.key) }
        guard let best, best.value > 1 else { return nil }
        return "\(best.key)*"
    }
}

extension ClientControl {
    /// Returns what to do about so many links that not all of them can carry at a time; nil when all can.
    public static func adviceOnCount(of links: [String]) -> String? {
        guard links.count > LinkPlaces.count else { return nil }
        let example = LinkPlaces.commonPattern(links) ?? links[links.count - 1]
        return "\(LinkPlaces.count) links carry at a time and \(links.count) could; "
            + "exclude those that do not lead to the server: excludedInterfaces: [\"\(example)\"]"
    }
}
