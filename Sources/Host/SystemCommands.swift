// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
internal import Subprocess
internal import SystemPackage

/// Runs commands on this machine.
public struct SystemCommands: CommandRunner {
    /// Bytes of output kept; a command that says more fails.
    private static let outputBytesMax = 4 * 1024 * 1024

    private let patience: Duration

    /// - Parameter patience: a command that takes longer is ended.
    public init(patience: Duration = .seconds(60)) { self.patience = patience }

    public func run(_ command: Command) async -> CommandOutcome {
        guard let path = Self.find(command.words[0]) else {
            return CommandOutcome(
                status: CommandOutcome.notFoundStatus, error: "\(command.words[0]): no such program")
        }
        let running = Task { try await Self.start(path, command) }
        let alarm = Task {
            try await Task.sleep(for: patience)
            running.cancel()
        }
        defer { alarm.cancel() }
        let result = await withTaskCancellationHandler {
            await running.result
        } onCancel: {
            running.cancel()
        }
        guard !running.isCancelled else {
            let words = Task.isCancelled ? "was cancelled" : "took longer than \(patience)"
            return CommandOutcome(
                status: CommandOutcome.endedStatus, output: (try? result.get())?.output ?? "",
                error: "\(command.words[0]) \(words)")
        }
        switch result {
        case .success(let outcome): return outcome
        case .failure(let error):
            return CommandOutcome(
                status: CommandOutcome.notRunStatus, error: "\(command.words[0]) cannot be run: \(error)")
        }
    }

    private static func start(_ path: String, _ command: Command) async throws -> CommandOutcome {
        var options = PlatformOptions()
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(2))]
        // The output is read by programs: it has to be in no language but the plain one.
        let environment = Environment.inherit.updating(["LC_ALL": "C"])
        let result = try await Subprocess.run(
            .path(FilePath(path)), arguments: Arguments(Array(command.words.dropFirst())), environment: environment,
            platformOptions: options, input: .string(command.input ?? ""), output: .string(limit: outputBytesMax),
            error: .string(limit: outputBytesMax))
        let status: Int32 =
            switch result.terminationStatus {
            case .exited(let code): code
            case .signaled(let signal): 128 + signal
            }
        return CommandOutcome(
            status: status, output: result.standardOutput, error: result.standardError)
    }

    /// The folders of `PATH`, and those of the network tools, which an ordinary user's often lacks.
    private static var folders: [String] {
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        return "\(path):/usr/local/sbin:/usr/sbin:/sbin".split(separator: ":").map(String.init)
    }

    /// Returns the file behind a command's name, or nil when there is none that can be run.
    public static func find(_ name: String) -> String? {
        let candidates = name.contains("/") ? [name] : folders.map { "\($0)/\(name)" }
        return candidates.first { access($0, X_OK) == 0 }
    }
}
