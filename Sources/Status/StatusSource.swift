// SPDX-License-Identifier: GPL-2.0-or-later

/// Shows the client and takes requests. Answers are consistent snapshots; no call waits for the network.
public protocol ClientStatusSource: Sendable {
    func status() async -> ClientStatus
    /// Has `handler` called whenever a link has changed its state, beside those given before. It must return at once.
    func onChange(_ handler: @escaping @Sendable () -> Void)
    /// The last 24 hours of a link, oldest minute first; nil when there is no such interface.
    func history(ofLink name: String) async -> [QualityMinute]?

    /// Ends the exclusion of an interface, which need not exist.
    func include(_ name: String) async -> ExclusionOutcome
    /// Excludes an interface, which need not exist.
    ///
    /// - Parameter force: also when it is the last one that carries.
    func exclude(_ name: String, force: Bool) async -> ExclusionOutcome
    /// Turns the exclusion of an interface round. Guarded as ``exclude(_:force:)`` is.
    func swapExclusion(_ name: String, force: Bool) async -> ExclusionOutcome
    /// Back to what the file says.
    func resetExclusions() async
}

/// The outcome of a request about an exclusion.
public enum ExclusionOutcome: Hashable, Sendable {
    case done
    /// It was so already.
    case unchanged
    /// It would have taken the last link in the fan-out out, so nothing was done.
    case lastLink
}

/// Shows the server to others.
public protocol ServerStatusSource: Sendable {
    func status() async -> ServerStatus
    /// Has `handler` called whenever a path has changed its state, beside those given before. It must return at once.
    func onChange(_ handler: @escaping @Sendable () -> Void)
    /// The last 24 hours of a path, oldest minute first; nil when there is no such path.
    ///
    /// - Parameter address: as ``PathStatus/address`` has it.
    func history(ofPath address: String) async -> [QualityMinute]?
}
