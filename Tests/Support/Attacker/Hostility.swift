// SPDX-License-Identifier: GPL-2.0-or-later

/// What an ``Attacker`` sends.
public enum Hostility: Sendable, CustomStringConvertible {
    /// Noise of 1 to 1,400 bytes.
    case random
    /// Headers of all four kinds of WireGuard message at their right sizes, with noise in every field.
    case shaped
    /// Whole datagrams as they were recorded, again and again.
    case replayed([[UInt8]])
    /// Data for receivers that exist, with counters near and far ahead of `counter`, and noise for a tag.
    case forged(receivers: [UInt32], counter: UInt64)
    /// What is nearly WireGuard: cut short, a byte too long, reserved bytes set, kinds that do not exist, empty.
    case misshapen

    public var description: String {
        switch self {
        case .random: "random"
        case .shaped: "shaped"
        case .replayed: "replayed"
        case .forged: "forged"
        case .misshapen: "misshapen"
        }
    }
}
