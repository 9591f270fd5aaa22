// SPDX-License-Identifier: GPL-2.0-or-later

extension ProgramStatus {
    /// The longest silence of a client or a server that is there, in seconds.
    ///
    /// WireGuard gives a session up after 180 s without a word (its REJECT_AFTER_TIME), and renews one in use before:
    /// an end silent for longer is no tunnel, and a handshake older than that no session.
    public static let silenceLimitSeconds = 180.0
}
