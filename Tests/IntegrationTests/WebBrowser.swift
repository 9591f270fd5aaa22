// SPDX-License-Identifier: GPL-2.0-or-later

import Support

/// The real browser that the page is looked at with, where there is one.
enum WebBrowser {
    /// Another Python than the system's, such as a virtual environment's with selenium in it.
    static let python = Environment.value("ENGARDE_PYTHON") ?? "python3"

    static let script =
        #filePath.split(separator: "/").dropLast(2).reduce("") { "\($0)/\($1)" } + "/WebManagerTests/Page/real.py"

    /// What is missing; nil when nothing is.
    static let obstacle: String? = {
        var missing = ["chromium", "chromedriver"].filter { Environment.find($0) == nil }
        if (try? run([python, "-c", "import selenium.webdriver"])) == nil { missing.append("selenium for \(python)") }
        return missing.isEmpty
            ? nil : "not installed: \(missing.joined(separator: ", ")) (chromium, chromium-driver and python3-selenium)"
    }()
}
