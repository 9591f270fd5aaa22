// SPDX-License-Identifier: GPL-2.0-or-later

/// What an interface is to the client just now.
public enum LinkVerdict: Hashable, Sendable {
    /// It can carry traffic; the pairs of addresses to try, best first and at least one.
    case carries([CandidatePair])
    /// It would, if it could.
    case idle(IdleReason)
    case excluded(by: ExclusionCause)
}

/// Who has excluded an interface.
public enum ExclusionCause: Hashable, Sendable, CustomStringConvertible {
    /// An entry of `client.excludedInterfaces`.
    case configuration(entry: String)
    /// `client.includedInterfaces`, of which no entry matches.
    case omission
    /// The API or the page, until the program ends or the exclusions are reset.
    case request

    public var description: String {
        switch self {
        case .configuration(let entry): "excluded by \"\(entry)\" in excludedInterfaces"
        case .omission: "excluded, for includedInterfaces does not name it"
        case .request: "excluded at run time"
        }
    }
}
