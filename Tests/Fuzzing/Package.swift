// swift-tools-version: 6.2
// SPDX-License-Identifier: GPL-2.0-or-later

import PackageDescription

// libFuzzer over what reads strangers' bytes. The rooms are built here from the same files, by symbolic links, with
// the fuzzer's counters in them; `make fuzz` builds and runs all targets, and sees to it that a fuzzer finds a fault.

let cSettings: [CSetting] = [.define("_GNU_SOURCE")]
let fuzzing: [SwiftSetting] = [
    .swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"), .enableUpcomingFeature("InternalImportsByDefault"),
]

/// The kinds of counters that libFuzzer reads; those `-sanitize=fuzzer` alone stands for it no longer does.
let instrumented = [
    "-sanitize=fuzzer", "-sanitize=address", "-sanitize-coverage=edge,inline-8bit-counters,pc-table,trace-cmp",
    "-parse-as-library",
]

func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Rooms/\(name)", cSettings: cSettings,
        swiftSettings: fuzzing + [
            .strictMemorySafety(),
            .unsafeFlags(["-enable-testing"] + instrumented),
        ])
}

func fuzzer(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: "fuzz-\(name.lowercased())", dependencies: ["Driver"] + dependencies, path: "Targets/\(name)",
        cSettings: cSettings,
        swiftSettings: fuzzing + [
            .unsafeFlags(instrumented)
        ],
        linkerSettings: [
            .unsafeFlags(["-sanitize=fuzzer", "-sanitize=address", "-use-ld=lld"])
        ])
}

let package = Package(
    name: "engarde-fuzzing",
    targets: [
        .systemLibrary(name: "CUring", path: "CShims/system/liburing", pkgConfig: "liburing"),
        .systemLibrary(name: "CMnl", path: "CShims/system/libmnl", pkgConfig: "libmnl"),
        .systemLibrary(name: "CYaml", path: "CShims/system/libyaml", pkgConfig: "yaml-0.1"),
        .target(
            name: "CShims", dependencies: ["CUring", "CMnl", "CYaml"], path: "CShims", exclude: ["system"],
            cSettings: cSettings),
        room("WireGuardWire", []),
        room("Sockets", ["CShims"]),
        room("DataPlane", ["CShims", "Sockets", "WireGuardWire"]),
        .target(name: "Driver", path: "Targets/Driver", cSettings: cSettings, swiftSettings: fuzzing),
        fuzzer("Wire", ["WireGuardWire"]),
        fuzzer("Window", ["DataPlane", "WireGuardWire"]),
        fuzzer("Sessions", ["DataPlane", "WireGuardWire", "Sockets", "CShims"]),
    ]
)
