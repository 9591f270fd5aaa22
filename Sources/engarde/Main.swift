// SPDX-License-Identifier: GPL-2.0-or-later

import Dispatch
import Program

/// Runs the command line of the name the program was called by.
///
/// `engarde-client` and `engarde-server` are links to `engarde`, and behave as the two programs of these names always
/// have, so that scripts and units written for them go on working.
@main
enum Main {
    /// Not asynchronous itself: the threads of those that are have started before their first line.
    static func main() {
        Program.prepare()
        // Else it would have the priority of a user who waits, and threads to match.
        Task(priority: .medium) {
            let path = CommandLine.arguments.first ?? ""
            switch path.split(separator: "/").last {
            case "engarde-client": await Program.main(EngardeClient.self)
            case "engarde-server": await Program.main(EngardeServer.self)
            default: await Program.main(Engarde.self)
            }
        }
        dispatchMain()
    }
}
