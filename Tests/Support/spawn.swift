// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// `posix_spawnp` with the three standard descriptors given, default signals and a process group of its own.
func spawn(
    _ arguments: [String], environment: [String: String], input: Int32, output: Int32, error: Int32
) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, error, 2)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var every = sigset_t()
    var none = sigset_t()
    sigfillset(&every)
    sigemptyset(&none)
    posix_spawnattr_setsigdefault(&attributes, &every)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
        &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))

    var variables = Environment.current
    variables["PATH"] = Environment.searchPath
    variables["LC_ALL"] = "C"
    for (name, value) in environment { variables[name] = value }
    let argv = arguments.map { strdup($0) } + [nil]
    let envp = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { (argv + envp).forEach { free($0) } }

    guard let file = Environment.find(arguments[0]) else {
        throw LaboratoryFailure("\(arguments[0]) is not installed")
    }
    var pid = pid_t()
    let failure = posix_spawn(&pid, file, &actions, &attributes, argv, envp)
    guard failure == 0 else {
        throw LaboratoryFailure("\(arguments[0]) does not start: \(String(cString: strerror(failure)))")
    }
    return pid
}
