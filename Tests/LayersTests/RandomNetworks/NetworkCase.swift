import Kernels
import Layers
import Testing

/// A network to compare with its definition, and how it is run.
struct NetworkCase: Sendable, CustomTestStringConvertible {
  let network: Sequential
  let inputShape: Shape
  /// The images that are planned for.
  let batchSize: Int
  /// Those of the last batch, which is compared.
  let lastCount: Int
  let level: InstructionSet
  /// What parameters, inputs and gradients are drawn from.
  let seed: UInt64
  /// What runs this case alone.
  let reproduction: String

  var testDescription: String { description }

  var description: String {
    "\(network.layers.map { NetworkCase.text($0) }) on \(inputShape), \(lastCount) of \(batchSize) images, \(level)"
  }

  /// A layer without the names of modules.
  private static func text(_ layer: any Layer) -> String {
    "\(layer)".replacing("Layers.", with: "").replacing("Kernels.", with: "")
  }
}

extension NetworkCase {
  /// Shapes at which kernels were wrong once: strides beyond kernels and paddings, widths that are no multiple of the
  /// stride, one row or column of outputs, batches around the lanes of every level.
  static let fixed: [NetworkCase] = {
    let cases: [(any Layer, Shape, Int)] = [
      (Conv2D(10, kernelSize: 7, stride: 6, padding: 3), [1, 36, 36], 64),
      (Conv2D(16, kernelSize: 4, stride: 4, padding: 1), [3, 32, 32], 32),
      (Conv2D(2, kernelSize: 7, stride: 4, padding: 1), [12, 28, 28], 16),
      (Conv2D(8, kernelSize: 3, stride: 3, padding: 1), [1, 6, 6], 16),
      (Conv2D(4, kernelSize: 3, stride: 3, padding: 1), [1, 12, 12], 32),
      (Conv2D(8, kernelSize: 8, stride: 4, padding: 2), [1, 15, 15], 32),
      (Conv2D(32, kernelSize: 2, stride: 3), [1, 42, 64], 1),
      (Conv2D(24, kernelSize: 3, stride: 4), [16, 32, 57], 1),
      (Conv2D(48, kernelSize: 3, stride: 5), [32, 23, 7], 4),
      (Conv2D(7, kernelSize: Size2D(1, 3), stride: Size2D(1, 3), padding: Size2D(1, 0)), [32, 9, 16], 4),
      (TransposedConv2D(5, kernelSize: 2, stride: 2, outputPadding: Size2D(0, 1)), [7, 4, 4], 9),
      (Conv2D(1, kernelSize: 1, stride: 4), [64, 8, 8], 32),
      (Conv2D(1, kernelSize: Size2D(3, 1), stride: Size2D(5, 1)), [4, 12, 2], 3),
      (TransposedConv2D(3, kernelSize: 4, stride: 3, padding: 1), [4, 13, 20], 3),
      (Conv2D(6, kernelSize: 3, padding: 1), [1, 5, 5], 8),
    ]
    let pairs = cases.flatMap { item in InstructionSet.available.map { (item, $0) } }
    return pairs.enumerated().map { index, pair in
      let ((layer, shape, batch), level) = pair
      let seed = firstFixedSeed + UInt64(index)
      return NetworkCase(
        network: Sequential(layer), inputShape: shape, batchSize: batch, lastCount: batch, level: level, seed: seed,
        reproduction: NetworkCase.reproduction(seed))
    }
  }()

  /// What stands for the first of the fixed cases.
  private static let firstFixedSeed: UInt64 = 100_000

  /// The random case of a seed, or a fixed one.
  static func make(seed: UInt64) throws -> NetworkCase {
    if seed >= firstFixedSeed, seed < firstFixedSeed + UInt64(fixed.count) { return fixed[Int(seed - firstFixedSeed)] }
    return try NetworkGenerator.make(seed: seed)
  }

  static func reproduction(_ seed: UInt64) -> String {
    "RANDOM_NETWORKS=\(seed) swift test --filter networksAreTheirDefinitions"
  }

  /// The same case of the first layers.
  func prefix(_ count: Int) -> NetworkCase {
    NetworkCase(
      network: Sequential(Array(network.layers.prefix(count))), inputShape: inputShape, batchSize: batchSize,
      lastCount: lastCount, level: level, seed: seed, reproduction: reproduction)
  }
}
