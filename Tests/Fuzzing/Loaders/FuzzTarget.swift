import Foundation

/// The loaders that can be fuzzed, each with bytes from libFuzzer in place of a file's.
///
/// A target calls the code that reads files, on memory where that code takes it. Its loader may refuse any bytes with the
/// error type that it documents; all else ends the process: another error, a trap, and a result that contradicts itself.
enum FuzzTarget: String, CaseIterable {
  case idx
  case idxGzip = "idx-gz"
  case image
  case safetensors
  case trainer
  case trainerFile = "trainer-file"
  case results
  case cifar10
  case cifar10Folder = "cifar10-folder"
  case shapes

  /// The target that `--target=NAME` among the program's arguments names. libFuzzer passes over options with two dashes.
  static let chosen: @Sendable (UnsafeRawBufferPointer) throws -> Void = {
    let option = "--target="
    let name = CommandLine.arguments.first { $0.hasPrefix(option) }.map { String($0.dropFirst(option.count)) }
    guard let target = name.flatMap(FuzzTarget.init(rawValue:)) else {
      let all = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
      FileHandle.standardError.write(Data("expected \(option)NAME, one of \(all)\n".utf8))
      exit(2)
    }
    return target.load
  }()

  private var load: @Sendable (UnsafeRawBufferPointer) throws -> Void {
    switch self {
    case .idx: DataTargets.idx
    case .idxGzip: DataTargets.idxGzip
    case .image: DataTargets.image
    case .cifar10: DataTargets.cifar10
    case .cifar10Folder: DataTargets.cifar10Folder
    case .safetensors: CheckpointTargets.safetensors
    case .trainer: CheckpointTargets.trainer
    case .trainerFile: CheckpointTargets.trainerFile
    case .results: BenchTargets.results
    case .shapes: BenchTargets.shapes
    }
  }
}

/// What libFuzzer calls with each input.
@c(LLVMFuzzerTestOneInput)
public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  do {
    try FuzzTarget.chosen(UnsafeRawBufferPointer(start: bytes, count: count))
  } catch {
    fatalError("an error of another type than the loader's: \(error)")
  }
  return 0
}

/// Ends the process where a loader's result contradicts itself, also in optimised builds.
func require(_ condition: Bool, _ what: @autoclosure () -> String) {
  if !condition { fatalError(what()) }
}
