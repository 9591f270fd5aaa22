// SPDX-License-Identifier: GPL-2.0-or-later

/// One step through a YAML file.
struct YAMLEvent {
    enum Kind {
        case streamStart, streamEnd
        case documentStart, documentEnd
        case mappingStart, mappingEnd
        case sequenceStart, sequenceEnd
        case scalar(YAMLScalar)
        case alias(String)
        /// The file is no YAML from here on; the text says why and quotes nothing of the file.
        case error(String)
    }

    var kind: Kind
    var position: YAMLPosition
    /// The name by which aliases refer to this value.
    var anchor: String?
}
