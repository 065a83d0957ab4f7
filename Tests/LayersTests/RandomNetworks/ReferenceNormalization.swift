import Foundation

/// Softmax, or its logarithm, along a dimension with so many values and what lies before and behind it.
final class ReferenceSoftmax: ParameterlessLayer {
  private let count: Int
  private let inner: Int
  private let isLogarithm: Bool
  private var output: [Double] = []
  private(set) var cancelledMagnitude = 0.0

  init(count: Int, inner: Int, isLogarithm: Bool) {
    self.count = count
    self.inner = inner
    self.isLogarithm = isLogarithm
  }

  private func rows(_ total: Int) -> [[Int]] {
    (0..<total / count).map { row in
      let first = row / inner * inner * count + row % inner
      return (0..<count).map { first + $0 * inner }
    }
  }

  func forward(_ input: [Double]) -> [Double] {
    output = input
    for row in rows(input.count) {
      let largest = row.map { input[$0] }.max() ?? 0
      let sum = row.reduce(0) { $0 + exp(input[$1] - largest) }
      for i in row { output[i] = isLogarithm ? input[i] - largest - log(sum) : exp(input[i] - largest) / sum }
    }
    return output
  }

  func backward(_ outputGradient: [Double]) -> [Double] {
    var gradient = outputGradient
    cancelledMagnitude = zip(output, outputGradient).reduce(0) { max($0, abs(isLogarithm ? $1.1 : $1.0 * $1.1)) }
    for row in rows(output.count) {
      if isLogarithm {
        let sum = row.reduce(0) { $0 + outputGradient[$1] }
        for i in row { gradient[i] = outputGradient[i] - exp(output[i]) * sum }
      } else {
        let sum = row.reduce(0) { $0 + outputGradient[$1] * output[$1] }
        for i in row { gradient[i] = output[i] * (outputGradient[i] - sum) }
      }
    }
    return gradient
  }
}

/// Values normalised by the mean and variance of their set, scaled and shifted by a weight and a bias.
final class ReferenceNormalization: ReferenceLayer {
  struct Options {
    var epsilon: Double
    var hasWeight: Bool
    var hasBias: Bool
    /// The sets of a batch of so many values that are normalised together.
    var sets: (_ count: Int) -> [[Int]]
    /// The weight and bias of the value at an index of the batch.
    var place: (_ index: Int) -> Int
    /// Those of a normalisation over the batch that has running statistics.
    var running: Running?

    struct Running {
      /// Whether the pass takes them in place of the batch's, and leaves them as they are.
      var isUsed: Bool
      var momentum: Double?
    }
  }

  private let options: Options
  private var standard: [Double] = []
  private var inverse: [Double] = []
  private(set) var updatedParameters: [[Double]] = []
  private(set) var cancelledMagnitude = 0.0

  init(_ options: Options) { self.options = options }

  private var affineCount: Int { (options.hasWeight ? 1 : 0) + (options.hasBias ? 1 : 0) }
  var parameterCount: Int { affineCount + (options.running == nil ? 0 : 3) }
  private var usesRunning: Bool { options.running?.isUsed == true }

  func forward(_ input: [Double], _ parameters: [[Double]]) -> [Double] {
    updatedParameters = parameters
    standard = input
    inverse = input
    if let running = options.running, !running.isUsed { updatedParameters[affineCount + 2][0] += 1 }
    for (index, set) in options.sets(input.count).enumerated() {
      var mean = set.reduce(0) { $0 + input[$1] } / Double(set.count)
      var variance = set.reduce(0) { $0 + (input[$1] - mean) * (input[$1] - mean) } / Double(set.count)
      if let running = options.running {
        if running.isUsed {
          (mean, variance) = (parameters[affineCount][index], parameters[affineCount + 1][index])
        } else {
          let share = running.momentum ?? 1 / updatedParameters[affineCount + 2][0]
          let unbiased = variance * Double(set.count) / Double(set.count - 1)
          updatedParameters[affineCount][index] += share * (mean - parameters[affineCount][index])
          updatedParameters[affineCount + 1][index] += share * (unbiased - parameters[affineCount + 1][index])
        }
      }
      for i in set {
        inverse[i] = 1 / (variance + options.epsilon).squareRoot()
        standard[i] = (input[i] - mean) * inverse[i]
      }
    }
    return standard.indices.map { i in
      let place = options.place(i)
      return standard[i] * (options.hasWeight ? parameters[0][place] : 1)
        + (options.hasBias ? parameters[1][place] : 0)
    }
  }

  func backward(_ outputGradient: [Double]) -> (input: [Double], parameters: [[Double]]) {
    var gradients = updatedParameters.prefix(affineCount).map { [Double](repeating: 0, count: $0.count) }
    var scaled = outputGradient
    for i in outputGradient.indices {
      let place = options.place(i)
      if options.hasWeight {
        gradients[0][place] += outputGradient[i] * standard[i]
        scaled[i] *= updatedParameters[0][place]
      }
      if options.hasBias { gradients[1][place] += outputGradient[i] }
    }
    var input = scaled
    cancelledMagnitude = zip(scaled, inverse).reduce(0) { max($0, abs($1.0 * $1.1)) }
    for set in options.sets(outputGradient.count) {
      let n = Double(set.count)
      let mean = usesRunning ? 0 : set.reduce(0) { $0 + scaled[$1] } / n
      let product = usesRunning ? 0 : set.reduce(0) { $0 + scaled[$1] * standard[$1] } / n
      for i in set { input[i] = inverse[i] * (scaled[i] - mean - standard[i] * product) }
    }
    return (input, gradients + [[Double]](repeating: [], count: parameterCount - affineCount))
  }
}
