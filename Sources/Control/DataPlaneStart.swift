// SPDX-License-Identifier: GPL-2.0-or-later

internal import Settings
internal import DataPlane
internal import Logging
internal import Sockets

/// Starts the data plane as the file wants it.
func startDataPlane(
    _ task: DataPlane.Task, _ choice: EngineChoice, _ tuning: TuningConfiguration
) throws(StartRefusal) -> DataPlane {
    let preference: EnginePreference =
        switch choice {
        case .automatic: .automatic
        case .uring: .uring
        case .polling: .polling
        }
    do {
        return try DataPlane(
            task, engine: preference,
            tuning: Tuning(
                processor: tuning.processor, busyPollMicroseconds: tuning.busyPollMicroseconds,
                submissionThread: tuning.submissionThread))
    } catch {
        throw StartRefusal("cannot start the engine: \(error)")
    }
}

extension EngineReport {
    /// Says once which engine serves and why no better one.
    func tell(_ log: Logger) {
        log.notice("engine: \(description)")
        for refusal in refusals { log.notice("the kernel refused \(refusal)") }
    }
}

extension UDPSocket {
    /// Applies what the file says to a socket the data plane will serve.
    func apply(_ tuning: TuningConfiguration, _ log: Logger) {
        guard let microseconds = tuning.busyPollMicroseconds else { return }
        do throws(Errno) { try busyPoll(microseconds: microseconds) } catch {
            log.warning("cannot busy-poll for \(microseconds) µs: \(error); it wants CAP_NET_ADMIN")
        }
    }
}

extension UDPSocket {
    /// Says when the system keeps the receive buffer smaller than a burst wants it, and what changes that. Asked of the
    /// socket that is listened on, it is said once: all sockets have the same limit.
    func tellSmallBuffer(_ log: Logger) {
        let got = receiveBufferBytes / 2
        guard got < Self.bufferBytes else { return }
        log.warning(
            """
            sockets have receive buffers of \(got / 1024) KiB instead of \(Self.bufferBytes / 1024) KiB, so bursts may be \
            lost: give the program CAP_NET_ADMIN, or set net.core.rmem_max=\(Self.bufferBytes) by sysctl
            """)
    }
}
