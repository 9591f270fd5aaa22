// swift-tools-version: 6.2
// SPDX-License-Identifier: GPL-2.0-or-later

import PackageDescription

// The rooms under test are built here from the same files, by symbolic links: their insides are not public,
// and `@testable` needs a flag that only the root package of a build may set.

let cSettings: [CSetting] = [.define("_GNU_SOURCE")]

let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Rooms/\(name)", cSettings: cSettings,
        swiftSettings: swiftSettings + [.unsafeFlags(["-enable-testing"])])
}

let package = Package(
    name: "engarde-micro",
    dependencies: [
        // Its default traits replace malloc, which goes wrong here; see MallocCounter for what counts
        // instead.
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: [])
    ],
    targets: [
        .systemLibrary(name: "CUring", path: "CShims/system/liburing", pkgConfig: "liburing"),
        .systemLibrary(name: "CMnl", path: "CShims/system/libmnl", pkgConfig: "libmnl"),
        .systemLibrary(name: "CYaml", path: "CShims/system/libyaml", pkgConfig: "yaml-0.1"),
        .target(
            name: "CShims", dependencies: ["CUring", "CMnl", "CYaml"], path: "CShims", exclude: ["system"],
            cSettings: cSettings),
        .target(name: "MallocCounter", path: "Rooms/MallocCounter", cSettings: cSettings),
        room("Sockets", ["CShims"]),
        room("WireGuardWire", []),
        room("DataPlane", ["CShims", "Sockets", "WireGuardWire"]),
        .executableTarget(
            name: "ForwardingSuite",
            dependencies: [
                "DataPlane", "WireGuardWire", "Sockets", "CShims", "MallocCounter",
                .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "Benchmarks/ForwardingSuite", cSettings: cSettings, swiftSettings: swiftSettings,
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
    ]
)
