// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Configuration
internal import DataPlane
internal import Logging
internal import Sockets

/// Starts the data plane and says once which engine serves and why no better one.
func startDataPlane(_ task: DataPlane.Task, _ choice: EngineChoice, _ log: Logger) throws(StartRefusal) -> DataPlane {
    let preference: EnginePreference =
        switch choice {
        case .automatic: .automatic
        case .uring: .uring
        case .polling: .polling
        }
    do {
        let dataPlane = try DataPlane(task, engine: preference)
        log.notice("engine: \(dataPlane.engine.description)")
        for refusal in dataPlane.engine.refusals { log.notice("engine refused: \(refusal)") }
        return dataPlane
    } catch {
        throw StartRefusal("cannot start the engine: \(error)")
    }
}

/// Seconds since some fixed moment, not moved by changes of the clock.
func monotonicSeconds() -> Int64 { engarde_monotonic_nanoseconds() / 1_000_000_000 }
