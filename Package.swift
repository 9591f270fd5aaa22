// swift-tools-version: 6.2
// SPDX-License-Identifier: GPL-2.0-or-later

import PackageDescription

/// `_GNU_SOURCE` must be the same for C and for Swift's view of the C headers: defining it in one header only
/// makes the Glibc module and ours disagree about struct layouts.
let cSettings: [CSetting] = [.define("_GNU_SOURCE")]

let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

/// For what runs now and then, where less code counts for more than speed: the program has to fit small routers.
let small: [SwiftSetting] = [.unsafeFlags(["-Osize"], .when(configuration: .release))]

func room(
    _ name: String, path: String? = nil, isSmall: Bool = false, _ dependencies: [Target.Dependency] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: path, cSettings: cSettings,
        swiftSettings: swiftSettings + (isSmall ? small : []))
}

/// A room that touches pointers: every expression that could break memory safety says `unsafe`.
func pointerRoom(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(
        name: name, dependencies: dependencies, cSettings: cSettings,
        swiftSettings: swiftSettings + [.strictMemorySafety()])
}

/// A room with a folder of files that end up in the program itself.
func embeddingRoom(_ name: String, embedding folder: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(
        name: name, dependencies: dependencies, resources: [.embedInCode(folder)], cSettings: cSettings,
        swiftSettings: swiftSettings + small)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, exclude: exclude, cSettings: cSettings, swiftSettings: swiftSettings)
}

func program(_ name: String, path: String? = nil, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, path: path, cSettings: cSettings, swiftSettings: swiftSettings + small)
}

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
/// HTTP, by the core of Hummingbird.
let http = [
    Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird"),
    .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
    .product(name: "HTTPTypes", package: "swift-http-types"),
]
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")

let package = Package(
    name: "engarde",
    products: [
        .executable(name: "engarde", targets: ["engarde"]),
        // For the benchmarks, which are a package of their own.
        .library(name: "Laboratory", targets: ["Support", "Sockets"]),
        .library(name: "LaboratoryTiming", targets: ["Timing"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        // Without its trait it does without Foundation.
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        // Without its traits, and of it the core alone, it leaves Foundation out of the programs.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
    ],
    // Each target stands below those it uses.
    targets: [
        // MARK: C
        .systemLibrary(
            name: "CUring", path: "CShims/system/liburing", pkgConfig: "liburing",
            providers: [.apt(["liburing-dev"])]),
        .systemLibrary(
            name: "CMnl", path: "CShims/system/libmnl", pkgConfig: "libmnl", providers: [.apt(["libmnl-dev"])]),
        .systemLibrary(
            name: "CYaml", path: "CShims/system/libyaml", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .target(
            name: "CShims", dependencies: ["CUring", "CMnl", "CYaml"], path: "CShims", exclude: ["system"],
            cSettings: cSettings),

        // MARK: Rooms that use no other, but C
        room("Status", isSmall: true),
        .plugin(name: "GenerateVersion", capability: .buildTool()),
        .target(name: "Version", swiftSettings: swiftSettings, plugins: ["GenerateVersion"]),
        pointerRoom("WireGuardWire", []),
        pointerRoom("Sockets", ["CShims"]),

        // MARK: The relay and its control side
        pointerRoom("DataPlane", ["CShims", "Sockets", "WireGuardWire"]),
        // Not called Configuration: a package that Hummingbird needs has such a module, and no two may share a name.
        room("Settings", isSmall: true, ["CShims", "Sockets", "WireGuardWire"]),
        room("Links", isSmall: true, ["CShims", "Sockets", "Settings"]),
        room("Quality", isSmall: true, ["Status"]),
        room(
            "Control", isSmall: true,
            [
                "CShims", "Sockets", "Settings", "Links", "DataPlane", "Status", "Quality", "Version", logging,
                lifecycle, subprocess, system,
            ]),

        // MARK: What shows the relay to others
        room("Systemd", isSmall: true, ["Sockets", "Status", logging, lifecycle]),
        embeddingRoom("WebManager", embedding: "Page", ["Sockets", "Status", logging, lifecycle] + http),
        room(
            "ControlClient", isSmall: true,
            [
                "Status", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ]),

        // MARK: What sets a machine up and examines it
        room("Host", isSmall: true, ["Sockets", subprocess, system]),
        room("Setup", isSmall: true, ["Host", "Links", "Settings", "Sockets", "WireGuardWire"]),
        room(
            "Doctor", isSmall: true,
            ["Host", "Setup", "Control", "ControlClient", "Links", "Settings", "Sockets", "Status"]),

        // MARK: The program
        room(
            "Program", isSmall: true,
            [
                "Setup", "Host", "Settings", "Control", "ControlClient", "Status", "Systemd", "Version", "WebManager",
                logging, arguments, lifecycle, signals,
            ]),
        program(
            "engarde",
            [
                "Program", "Doctor", "Setup", "Host", "Control", "ControlClient", "WebManager", "Settings", "Links",
                "Sockets", "Status", arguments,
            ]),

        // MARK: The laboratory
        .target(name: "MallocCounter", path: "Tests/MallocCounter", cSettings: cSettings),
        room("Support", path: "Tests/Support", ["Sockets"]),
        room("Timing", path: "Tests/Timing", ["Support"]),
        program("engarde-demo", path: "Tests/Demo", ["Support", "engarde", arguments]),
        program("engarde-trial", path: "Tests/Kernels/Trial", ["Support", "engarde", arguments]),

        // MARK: Tests, in the order of what they test
        tests("TidyTests", []),
        tests("SupportTests", ["Support", "Timing"]),
        tests("WireGuardWireTests", ["WireGuardWire", "Support"]),
        tests("SocketsTests", ["CShims", "Sockets"]),
        tests("DataPlaneTests", ["DataPlane", "WireGuardWire", "Sockets", "CShims", "MallocCounter", "Support"]),
        tests("SettingsTests", ["Settings", "Sockets", "Support", "WireGuardWire"]),
        tests("LinksTests", ["CShims", "Links", "Sockets", "Settings", "Support", "Timing"]),
        tests("QualityTests", ["Quality", "Status", "Support"]),
        tests(
            "ControlTests",
            ["Control", "DataPlane", "Quality", "Links", "Sockets", "Settings", "Status", "Support", logging]),
        tests("SystemdTests", ["Sockets", "Status", "Support", "Systemd", logging, lifecycle]),
        tests(
            "WebManagerTests",
            ["ControlClient", "WebManager", "Status", "Support", "Timing", "Settings", logging, lifecycle] + http,
            exclude: ["Page"]),
        tests("HostTests", ["Host", "Support"]),
        tests("SetupTests", ["Host", "Setup", "Settings", "Sockets", "Support"]),
        tests("DoctorTests", ["Doctor", "Host", "Links", "Settings", "Setup", "Sockets", "Status", "Support"]),
        tests(
            "ProgramTests",
            ["CShims", "Program", "Settings", "Sockets", "Status", "Support", "engarde"]),
        tests("IntegrationTests", ["Support", "Timing", "Sockets", "Status", "engarde"]),
    ]
)
