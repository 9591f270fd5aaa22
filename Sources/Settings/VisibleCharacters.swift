// SPDX-License-Identifier: GPL-2.0-or-later

extension Unicode.Scalar {
    /// Whether it shows when it is printed, and neither moves the cursor nor turns the text around.
    var isVisible: Bool {
        switch properties.generalCategory {
        case .control, .format, .spaceSeparator, .lineSeparator, .paragraphSeparator: false
        case .surrogate, .privateUse, .unassigned: false
        // Letters that are blank: Hangul fillers, variation selectors; and the empty Braille pattern.
        default: !properties.isDefaultIgnorableCodePoint && value != 0x2800
        }
    }

    /// A blank of whatever width, or nothing to see at all.
    var isBlank: Bool { !isVisible }
}
