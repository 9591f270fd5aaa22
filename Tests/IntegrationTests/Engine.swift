// SPDX-License-Identifier: GPL-2.0-or-later

import Support

/// The engines every case runs with.
enum Engine: String, CaseIterable, Sendable, CustomStringConvertible {
    case ioUring = "io_uring"
    case polling

    var description: String { rawValue }

    /// Those this machine has; what it lacks is printed once, with the program's own reason.
    static let available: [Engine] = {
        guard Privileges.obstacle == nil else { return allCases }
        return allCases.filter { engine in
            do {
                let laboratory = try Laboratory(links: 1)
                _ = try Engarde(.server, path: Rig.path(.server), in: laboratory, engine: engine.rawValue)
                return true
            } catch {
                print("engine \(engine): skipped here: \(error)")
                // A machine without either engine must not pass in silence.
                return engine == .polling
            }
        }
    }()
}
