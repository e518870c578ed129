// swift-tools-version: 6.3
import PackageDescription

// Targets stand in dependency order: each one may import only what stands above it.
// Packaging/static sets this, and builds an executable that needs no Swift on the machine.
let isStatic = Context.environment["APUS_STATIC"] == "1"

let package = Package(
    name: "apus",
    platforms: [.macOS(.v26)],
    products: [
        .executable(name: "apus", targets: ["apus"]),
        .library(name: "Engine", targets: ["GGUF", "Tokenization", "Engine"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.30.0"),
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // Kernels stay optimised in debug builds: tests run whole models.
        .target(
            name: "CKernels",
            cSettings: [.unsafeFlags(["-O3", "-fno-math-errno", "-fno-trapping-math"])]),
        // The built-in model: a file that the compiler embeds.
        .target(
            name: "CFledgling", path: "Sources/Fledgling", exclude: ["fledgling.gguf"]),
        .target(name: "GGUF"),
        .target(name: "Tokenization", dependencies: ["GGUF"]),
        .target(name: "Engine", dependencies: ["CKernels", "GGUF"]),
        .target(name: "Quantization", dependencies: ["CKernels", "GGUF"]),
        .target(
            name: "API",
            dependencies: [.product(name: "OrderedCollections", package: "swift-collections")]),
        .target(name: "Prompting", dependencies: ["API"]),
        .target(
            name: "ModelStore",
            dependencies: [
                "API", "CFledgling", "GGUF", "Prompting", "Quantization",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]),
        .target(
            name: "Serving",
            dependencies: [
                "API", "Engine", "GGUF", "ModelStore", "Prompting", "Tokenization",
                .product(name: "Collections", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        .target(
            name: "Server",
            dependencies: [
                "API", "GGUF", "ModelStore", "Prompting", "Serving",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .target(
            name: "Client",
            dependencies: [
                "API",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
            ]),
        .target(
            name: "CLI",
            dependencies: [
                "API", "Client", "Engine", "GGUF", "ModelStore", "Prompting", "Quantization",
                "Server", "Serving", "Tokenization",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        .executableTarget(
            name: "apus", dependencies: ["CLI"] + (isStatic ? ["WithoutFoundation"] : [])),

        .target(name: "WithoutFoundation"),

        // Test-only helpers: tiny models built from a seed, a registry, and the golden data when it
        // is there.
        .target(
            name: "TestSupport",
            dependencies: [
                "API", "GGUF",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ], path: "Tests/TestSupport"),
        .testTarget(name: "CKernelsTests", dependencies: ["CKernels", "TestSupport"]),
        .testTarget(name: "GGUFTests", dependencies: ["GGUF", "TestSupport"]),
        .testTarget(name: "TokenizationTests", dependencies: ["Tokenization", "TestSupport"]),
        .testTarget(name: "EngineTests", dependencies: ["Engine", "GGUF", "TestSupport"]),
        .testTarget(name: "APITests", dependencies: ["API", "TestSupport"]),
        .testTarget(name: "PromptingTests", dependencies: ["Prompting", "TestSupport"]),
        .testTarget(
            name: "ModelStoreTests",
            dependencies: [
                "API", "ModelStore", "TestSupport",
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .testTarget(name: "ServingTests", dependencies: ["Serving", "TestSupport"]),
        .testTarget(
            name: "ServerTests",
            dependencies: [
                "API", "ModelStore", "Server", "TestSupport",
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ]),
        .testTarget(
            name: "CLITests",
            dependencies: [
                "API", "CLI", "Client", "Engine", "Server", "Serving", "TestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        // Run the built executable as a user would.
        .testTarget(
            name: "EndToEndTests", dependencies: ["API", "GGUF", "TestSupport", "apus"],
            exclude: ["Scripts"]),
    ]
)

/// Modules that handle raw memory spell every unsafe expression.
let memoryOwners: Set<String> = ["GGUF", "Engine", "Quantization"]

for target in package.targets
where !["CKernels", "CFledgling", "WithoutFoundation"].contains(target.name) {
    target.swiftSettings =
        (target.swiftSettings ?? []) + [
            .enableUpcomingFeature("ExistentialAny"),  // SE-0335
            .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
            .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
            .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // SE-0461
            .enableUpcomingFeature("InferIsolatedConformances"),  // SE-0470
            .enableExperimentalFeature("Lifetimes"),
            .treatAllWarnings(as: .error),  // SE-0480
        ]
    if memoryOwners.contains(target.name) {
        target.swiftSettings?.append(.strictMemorySafety())  // SE-0458
    }
}
