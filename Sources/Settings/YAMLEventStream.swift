// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Yaml

/// The events of a YAML text, one after the other.
struct YAMLEventStream: ~Copyable {
    /// Our own copy: the C parser points into it for as long as it lives.
    private let bytes: UnsafeMutableRawBufferPointer
    private let parser: OpaquePointer

    init(_ text: [UInt8]) {
        bytes = .allocate(byteCount: max(text.count, 1), alignment: 1)
        bytes.copyBytes(from: text)
        guard let parser = engarde_yaml_create(bytes.baseAddress, text.count) else {
            fatalError("out of memory for the YAML parser")
        }
        self.parser = parser
    }

    deinit {
        engarde_yaml_destroy(parser)
        bytes.deallocate()
    }

    /// The next event; after the end or an error, that one again.
    mutating func next() -> YAMLEvent {
        var event = engarde_yaml_event()
        engarde_yaml_next(parser, &event)
        return YAMLEvent(
            kind: Self.kind(of: event),
            position: YAMLPosition(line: event.line, column: event.column),
            anchor: event.anchor.map { String(cString: $0) })
    }

    private static func kind(of event: engarde_yaml_event) -> YAMLEvent.Kind {
        switch event.kind {
        case ENGARDE_YAML_STREAM_START: .streamStart
        case ENGARDE_YAML_STREAM_END: .streamEnd
        case ENGARDE_YAML_DOCUMENT_START: .documentStart
        case ENGARDE_YAML_DOCUMENT_END: .documentEnd
        case ENGARDE_YAML_MAPPING_START: .mappingStart
        case ENGARDE_YAML_MAPPING_END: .mappingEnd
        case ENGARDE_YAML_SEQUENCE_START: .sequenceStart
        case ENGARDE_YAML_SEQUENCE_END: .sequenceEnd
        case ENGARDE_YAML_SCALAR: .scalar(scalar(of: event))
        case ENGARDE_YAML_ALIAS: .alias(text(of: event))
        default: .error(text(of: event))
        }
    }

    private static func text(of event: engarde_yaml_event) -> String {
        String(decoding: UnsafeRawBufferPointer(start: event.text, count: event.text_length), as: UTF8.self)
    }

    /// `!!str` and the bare `!` make text of what looks like something else. The other tags say nothing that
    /// the reader of a value does not know better.
    private static func scalar(of event: engarde_yaml_event) -> YAMLScalar {
        let tag = event.tag.map { String(cString: $0) }
        let isText = tag == "tag:yaml.org,2002:str" || tag == "!"
        return YAMLScalar(text: text(of: event), isPlain: event.is_plain && !isText)
    }
}
