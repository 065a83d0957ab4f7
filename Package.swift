// swift-tools-version: 6.3
import PackageDescription

// Kernels run at full speed in every configuration, in this package and in a dependent's debug build:
//   -Ounchecked        kernels validate at the entry with thrown errors; inside, bounds and overflow checks would cost
//                      10 to 55 % of a tile's speed
//   -wmo …             one module, so that generic bodies are specialised in the file that uses them
//   BuiltinModule      vectors whose operations are not loops over their lanes: see FloatVector
//   -Xcc -O3           Clang's importer marks `static inline` functions optsize; -O3 lifts that, so loops unroll
//   -Xcc -fno-math-errno   lets a vector's square root be one instruction
//   -gline-tables-only lines for profilers and stack traces, no variables, which such code does not keep: an eighth less
//                      time to compile
//   KERNELS_CHECKS     debug builds check the counts and offsets that plans hand to tiles: see PlanChecks.swift
let wholeModule = ["-wmo", "-num-threads", "4", "-disable-batch-mode"]
let kernelSettings: [SwiftSetting] = [
  .enableExperimentalFeature("BuiltinModule"),
  .define("KERNELS_CHECKS", .when(configuration: .debug)),
  .unsafeFlags(
    ["-Ounchecked", "-Xcc", "-O3", "-Xcc", "-fno-math-errno", "-Xfrontend", "-gline-tables-only"] + wholeModule),
]
let optimizedInDebug: [SwiftSetting] = [
  .unsafeFlags(["-O"] + wholeModule, .when(configuration: .debug))
]

let package = Package(
  name: "swift-conv-kernels",
  // InlineArray is in the standard library of macOS 26. Linux, which is what is tested, has no such minimum.
  platforms: [.macOS(.v26)],
  products: [
    .library(name: "Kernels", targets: ["Kernels"]),
    .library(name: "Layers", targets: ["Layers"]),
    .executable(name: "bench", targets: ["Bench"]),
    .library(name: "Benchmarking", targets: ["Benchmarking"]),
  ],
  targets: [
    .target(
      name: "KernelsISA",
      linkerSettings: [
        .linkedLibrary("m", .when(platforms: [.linux])), .linkedLibrary("pthread", .when(platforms: [.linux])),
      ]),
    .target(
      name: "Kernels", dependencies: ["KernelsISA"], exclude: ["Levels/Generation"], swiftSettings: kernelSettings),
    .target(name: "Layers", dependencies: ["Kernels"], swiftSettings: optimizedInDebug),
    .executableTarget(
      name: "Bench", dependencies: ["Kernels", "Layers", "Benchmarking", "MachineCode", "AllocationCounter"],
      swiftSettings: optimizedInDebug),
    .target(name: "Benchmarking", path: "Benchmarks/Benchmarking", swiftSettings: optimizedInDebug),
    .target(name: "MachineCode", path: "Benchmarks/MachineCode", swiftSettings: optimizedInDebug),
    .executableTarget(
      name: "BenchmarkingExample", dependencies: ["Benchmarking"], path: "Benchmarks/Example/Sources",
      swiftSettings: optimizedInDebug),
    .target(name: "AllocationCounter", path: "Tests/AllocationCounter"),
    .target(
      name: "TestSupport", dependencies: ["Kernels", "Layers", "AllocationCounter"], path: "Tests/TestSupport",
      swiftSettings: optimizedInDebug),
    .target(
      name: "DifferentialTest", dependencies: ["Kernels"], path: "Tests/DifferentialTest",
      swiftSettings: optimizedInDebug),
    .executableTarget(
      name: "kernel-fuzz", dependencies: ["DifferentialTest", "Kernels"], path: "Tests/KernelFuzz",
      swiftSettings: optimizedInDebug),
    .executableTarget(
      name: "TrainingProgram", dependencies: ["Layers", "TestSupport"], path: "Tests/TrainingProgram",
      swiftSettings: optimizedInDebug),
    .executableTarget(
      name: "ConcurrentProgram", dependencies: ["Kernels", "Layers"], path: "Tests/ConcurrentProgram",
      swiftSettings: optimizedInDebug),
    .executableTarget(
      name: "PredictionTimes", dependencies: ["Layers"], path: "Benchmarks/PredictionTimes",
      swiftSettings: optimizedInDebug),
    .executableTarget(
      name: "AugmentationTimes", dependencies: ["Layers"], path: "Benchmarks/AugmentationTimes",
      swiftSettings: optimizedInDebug),
    .executableTarget(
      name: "PrecisionErrors", dependencies: ["Kernels"], path: "Benchmarks/PrecisionErrors",
      swiftSettings: optimizedInDebug),
    .testTarget(
      name: "KernelsTests", dependencies: ["Kernels", "TestSupport", "DifferentialTest", "MachineCode"],
      swiftSettings: optimizedInDebug),
    .testTarget(
      name: "LayersTests", dependencies: ["Layers", "Kernels", "TestSupport", "TrainingProgram"],
      swiftSettings: optimizedInDebug),
    .testTarget(name: "BenchTests", dependencies: ["Bench", "TestSupport", "MachineCode"]),
    .testTarget(
      name: "BenchmarkingTests", dependencies: ["Benchmarking", "BenchmarkingExample"],
      swiftSettings: optimizedInDebug),
  ]
)
