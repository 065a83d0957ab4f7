import TestSupport

/// Layers one after another.
final class ReferenceChain: ReferenceLayer {
  private let layers: [any ReferenceLayer]

  init(_ layers: [any ReferenceLayer]) { self.layers = layers }

  var parameterCount: Int { layers.reduce(0) { $0 + $1.parameterCount } }
  var isExact: Bool { true }
  var kinks: [[Double]] { layers.flatMap(\.kinks) }
  var updatedParameters: [[Double]] { layers.flatMap(\.updatedParameters) }

  func forward(_ input: [Double], _ parameters: [[Double]]) -> [Double] {
    var (x, first) = (input, 0)
    for layer in layers {
      x = layer.forward(x, Array(parameters[first..<first + layer.parameterCount]))
      first += layer.parameterCount
    }
    return x
  }

  func backward(_ outputGradient: [Double]) -> (input: [Double], parameters: [[Double]]) {
    var (gradient, parameters): ([Double], [[Double]]) = (outputGradient, [])
    for layer in layers.reversed() {
      let result = layer.backward(gradient)
      gradient = result.input
      parameters = result.parameters + parameters
    }
    return (gradient, parameters)
  }
}

/// Layers that take the same input, and whose outputs are added, or lie one behind another image by image.
final class ReferenceBranches: ReferenceLayer {
  private let branches: [any ReferenceLayer]
  /// Of an image, of each branch; nil where outputs are added.
  private let outputCounts: [Int]?

  init(_ branches: [any ReferenceLayer], outputCounts: [Int]?) {
    self.branches = branches
    self.outputCounts = outputCounts
  }

  var parameterCount: Int { branches.reduce(0) { $0 + $1.parameterCount } }
  var kinks: [[Double]] { branches.flatMap(\.kinks) }
  var updatedParameters: [[Double]] { branches.flatMap(\.updatedParameters) }

  func forward(_ input: [Double], _ parameters: [[Double]]) -> [Double] {
    var (outputs, first): ([[Double]], Int) = ([], 0)
    for branch in branches {
      outputs.append(branch.forward(input, Array(parameters[first..<first + branch.parameterCount])))
      first += branch.parameterCount
    }
    guard let outputCounts else { return outputs.dropFirst().reduce(outputs[0]) { zip($0, $1).map { $0 + $1 } } }
    let images = outputs[0].count / outputCounts[0]
    return (0..<images).flatMap { image in
      zip(outputs, outputCounts).flatMap { output, count in output[image * count..<(image + 1) * count] }
    }
  }

  func backward(_ outputGradient: [Double]) -> (input: [Double], parameters: [[Double]]) {
    var (input, parameters): ([Double], [[Double]]) = ([], [])
    let total = outputCounts?.reduce(0, +) ?? 1
    var start = 0
    for (i, branch) in branches.enumerated() {
      var gradient = outputGradient
      if let count = outputCounts?[i] {
        gradient = (0..<outputGradient.count / total).flatMap { image in
          outputGradient[image * total + start..<image * total + start + count]
        }
        start += count
      }
      let result = branch.backward(gradient)
      input = input.isEmpty ? result.input : zip(input, result.input).map { $0 + $1 }
      parameters += result.parameters
    }
    return (input, parameters)
  }
}

/// Layers that take the same input, and whose outputs are multiplied; the smaller ones have one value for each channel of the
/// largest.
final class ReferenceProduct: ReferenceLayer {
  private let branches: [any ReferenceLayer]
  private var outputs: [[Double]] = []
  private(set) var cancelledMagnitude = 0.0

  init(_ branches: [any ReferenceLayer]) { self.branches = branches }

  var parameterCount: Int { branches.reduce(0) { $0 + $1.parameterCount } }
  var kinks: [[Double]] { branches.flatMap(\.kinks) }
  var updatedParameters: [[Double]] { branches.flatMap(\.updatedParameters) }
  private var count: Int { outputs.map(\.count).max() ?? 0 }

  /// A branch's value for a place of the largest output.
  private func place(_ i: Int, _ output: [Double]) -> Int { i / (count / output.count) }

  func forward(_ input: [Double], _ parameters: [[Double]]) -> [Double] {
    outputs = []
    var first = 0
    for branch in branches {
      outputs.append(branch.forward(input, Array(parameters[first..<first + branch.parameterCount])))
      first += branch.parameterCount
    }
    return (0..<count).map { i in outputs.reduce(1) { $0 * $1[place(i, $1)] } }
  }

  func backward(_ outputGradient: [Double]) -> (input: [Double], parameters: [[Double]]) {
    var (input, parameters): ([Double], [[Double]]) = ([], [])
    cancelledMagnitude = 0
    for (b, branch) in branches.enumerated() {
      var gradient = [Double](repeating: 0, count: outputs[b].count)
      for (i, value) in outputGradient.enumerated() {
        var factor = value
        for (other, output) in outputs.enumerated() where other != b { factor *= output[place(i, output)] }
        gradient[place(i, outputs[b])] += factor
      }
      let result = branch.backward(gradient)
      cancelledMagnitude = result.input.reduce(cancelledMagnitude) { max($0, abs($1)) }
      input = input.isEmpty ? result.input : zip(input, result.input).map { $0 + $1 }
      parameters += result.parameters
    }
    return (input, parameters)
  }
}

/// A layer whose results are moved a little, as rounding moves them: what differs from the layer itself is how much the
/// network makes of roundings.
final class RoundedLayer: ReferenceLayer {
  /// Of a tensor's largest value: some roundings of float.
  static let noise = 1.0 / Double(1 << 20)

  private let layer: any ReferenceLayer
  private var random: TestRandom

  init(_ layer: any ReferenceLayer, seed: UInt64) {
    self.layer = layer
    random = TestRandom(seed: seed)
  }

  var parameterCount: Int { layer.parameterCount }
  var kinks: [[Double]] { layer.kinks }
  var updatedParameters: [[Double]] { layer.updatedParameters }

  func forward(_ input: [Double], _ parameters: [[Double]]) -> [Double] {
    let output = layer.forward(input, parameters)
    return layer.isExact ? output : RoundedLayer.moved(output, &random)
  }

  func backward(_ outputGradient: [Double]) -> (input: [Double], parameters: [[Double]]) {
    let result = layer.backward(outputGradient)
    if layer.isExact { return result }
    return (
      RoundedLayer.moved(result.input, &random, magnitude: layer.cancelledMagnitude),
      result.parameters.map { RoundedLayer.moved($0, &random) }
    )
  }

  /// Values moved at random, and all of them a little the same way, as the rounding of what all have in common moves them.
  /// Zeros stay: they are sums of zeros, or what ReLU stopped.
  ///
  /// - Parameter magnitude: of the terms that the values are differences of, where these are larger.
  static func moved(_ values: [Double], _ random: inout TestRandom, magnitude: Double = 0) -> [Double] {
    let amplitude = RoundedLayer.noise * max(values.map { abs($0) }.max() ?? 0, magnitude)
    let common = Bool.random(using: &random) ? amplitude / 4 : -amplitude / 4
    return values.map {
      $0 == 0 && magnitude == 0 ? 0 : $0 + common + Double.random(in: -amplitude...amplitude, using: &random)
    }
  }
}
