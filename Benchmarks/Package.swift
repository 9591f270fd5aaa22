// swift-tools-version: 6.2
// SPDX-License-Identifier: GPL-2.0-or-later

import PackageDescription

let cSettings: [CSetting] = [.define("_GNU_SOURCE")]

let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let laboratory = Target.Dependency.product(name: "Laboratory", package: "engarde")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "engarde-benchmarks",
    dependencies: [
        .package(name: "engarde", path: ".."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        // Load, sink and the simplest relay: what must not be slow, or must be slow in a known way.
        .target(
            name: "CBench", cSettings: cSettings + [.unsafeFlags(["-O2", "-Wall", "-Wextra", "-Werror"])]),
        .target(
            name: "BenchKit",
            dependencies: ["CBench", laboratory, .product(name: "Histogram", package: "hdrhistogram-swift")],
            cSettings: cSettings, swiftSettings: swiftSettings),
        .executableTarget(
            name: "one-call-per-copy", dependencies: ["CBench"], cSettings: cSettings,
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "engarde-bench",
            dependencies: [
                "BenchKit", arguments, "one-call-per-copy", laboratory,
                .product(name: "engarde", package: "engarde"),
            ], cSettings: cSettings, swiftSettings: swiftSettings),
        .testTarget(
            name: "BenchKitTests",
            dependencies: [
                "BenchKit", "CBench", laboratory, "one-call-per-copy",
                .product(name: "LaboratoryTiming", package: "engarde"),
                .product(name: "engarde", package: "engarde"),
            ],
            cSettings: cSettings, swiftSettings: swiftSettings),
    ]
)
