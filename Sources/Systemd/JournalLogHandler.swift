// SPDX-License-Identifier: GPL-2.0-or-later

public import Logging

/// Writes what is logged as the journal wants it: a priority before each line, and neither time nor name, which the
/// journal has itself.
public struct JournalLogHandler: LogHandler {
    public var metadata: Logger.Metadata = [:]
    public var logLevel = Logger.Level.info
    private let write: @Sendable (String) -> Void

    /// - Parameter write: is given whole lines, all of one event at once.
    public init(write: @escaping @Sendable (String) -> Void) { self.write = write }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var words = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }.map {
            "\($0.key)=\($0.value)"
        }
        if let error = event.error { words.append("error=\(error)") }
        let text = (["\(event.message)"] + words).joined(separator: " ")
        write(Journal.lines(text, priority: event.level.journalPriority))
    }
}

extension Logger.Level {
    /// As syslog(3) has it.
    var journalPriority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
