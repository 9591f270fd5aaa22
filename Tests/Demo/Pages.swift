// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc
import Support

/// Where the user's browser finds both programs' pages, which are in namespaces that it is not in.
enum Pages {
    private static let mark = "ENGARDE_DEMO_PAGES"

    /// Listens for the browser: the client's page first. To be called before this process leaves for a namespace; what
    /// it starts itself anew as finds the same ones.
    static func open() -> [Int32] {
        if let given = Environment.value(mark) { return given.split(separator: " ").compactMap { Int32($0) } }
        let doors = [9_401, 9_402].compactMap(TCPForward.listen(at:))
        setenv(mark, doors.map(String.init).joined(separator: " "), 1)
        return doors
    }

    /// Leads the browser to the programs, and says where it should go.
    static func lead(_ doors: [Int32], to programs: [Engarde]) -> String {
        for (door, engarde) in zip(doors, programs) {
            TCPForward.start(door, to: Engarde.webPort, in: engarde.namespace)
        }
        guard !doors.isEmpty else { return "not from here: no port can be had" }
        return zip(doors, programs).map { "http://127.0.0.1:\(TCPForward.port(of: $0))/ (\($1.end))" }
            .joined(separator: " and ")
    }
}
