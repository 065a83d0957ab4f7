import Layers
import TestSupport

/// A layer in Double, as plain as its definition, with its exact backward pass.
protocol ReferenceLayer: AnyObject {
  /// How many parameters and buffers it has.
  var parameterCount: Int { get }
  /// Whether the library's forward and backward passes round nothing: they copy values, or choose among them.
  var isExact: Bool { get }
  /// How far each value of the last forward pass was from one at which the derivative jumps, 0 for exactly there: an array
  /// for each layer that has such values.
  var kinks: [[Double]] { get }
  /// The outputs for a batch of images, one after another.
  func forward(_ input: [Double], _ parameters: [[Double]]) -> [Double]
  /// The gradients by the input and by each parameter, behind a forward pass; those of buffers are empty.
  func backward(_ outputGradient: [Double]) -> (input: [Double], parameters: [[Double]])
  /// The largest of the terms that the last backward pass took from each other to get the input's gradient, which may be
  /// much smaller; 0 where it did not.
  var cancelledMagnitude: Double { get }
  /// The parameters and buffers as the last forward pass left them.
  var updatedParameters: [[Double]] { get }
}

extension ReferenceLayer {
  var isExact: Bool { false }
  var kinks: [[Double]] { [] }
  var cancelledMagnitude: Double { 0 }
}

/// A layer without parameters.
protocol ParameterlessLayer: ReferenceLayer {
  func forward(_ input: [Double]) -> [Double]
  func backward(_ outputGradient: [Double]) -> [Double]
}

extension ParameterlessLayer {
  var parameterCount: Int { 0 }
  var updatedParameters: [[Double]] { [] }
  func forward(_ input: [Double], _ parameters: [[Double]]) -> [Double] { forward(input) }
  func backward(_ outputGradient: [Double]) -> (input: [Double], parameters: [[Double]]) {
    (backward(outputGradient), [])
  }
}

/// Outputs that are sums of products of weights and inputs: each term is an output's, a weight's and an input's index. The
/// same list of terms is the forward pass and both gradients.
final class ReferenceProducts: ReferenceLayer {
  struct Term {
    let output: Int32
    let weight: Int32
    let input: Int32

    init(_ output: Int, _ weight: Int, _ input: Int) {
      self.output = Int32(output)
      self.weight = Int32(weight)
      self.input = Int32(input)
    }
  }

  let parameterCount: Int
  private let inputCount: Int
  private let outputCount: Int
  /// Outputs of one bias; nil where there is none.
  private let biasPlane: Int?
  private let terms: [Term]
  private var input: [Double] = []
  private(set) var updatedParameters: [[Double]] = []

  /// - Parameter terms: of one image.
  init(inputCount: Int, outputCount: Int, biasPlane: Int?, terms: [Term]) {
    self.inputCount = inputCount
    self.outputCount = outputCount
    self.biasPlane = biasPlane
    self.terms = terms
    parameterCount = biasPlane == nil ? 1 : 2
  }

  func forward(_ input: [Double], _ parameters: [[Double]]) -> [Double] {
    self.input = input
    updatedParameters = parameters
    let weights = parameters[0]
    var output: [Double] = []
    for image in 0..<input.count / inputCount {
      var sums = (0..<outputCount).map { o in biasPlane.map { parameters[1][o / $0] } ?? 0 }
      for term in terms {
        sums[Int(term.output)] += weights[Int(term.weight)] * input[image * inputCount + Int(term.input)]
      }
      output += sums
    }
    return output
  }

  func backward(_ outputGradient: [Double]) -> (input: [Double], parameters: [[Double]]) {
    let weights = updatedParameters[0]
    var inputGradient = [Double](repeating: 0, count: input.count)
    var gradients = updatedParameters.map { [Double](repeating: 0, count: $0.count) }
    for image in 0..<input.count / inputCount {
      let (from, to) = (image * outputCount, image * inputCount)
      for term in terms {
        let gradient = outputGradient[from + Int(term.output)]
        inputGradient[to + Int(term.input)] += weights[Int(term.weight)] * gradient
        gradients[0][Int(term.weight)] += input[to + Int(term.input)] * gradient
      }
      guard let biasPlane else { continue }
      for o in 0..<outputCount { gradients[1][o / biasPlane] += outputGradient[from + o] }
    }
    return (inputGradient, gradients)
  }
}

/// Outputs that are sums of inputs times constants.
final class ReferenceSums: ParameterlessLayer {
  struct Term {
    let output: Int
    let input: Int
    let factor: Double
  }

  let isExact: Bool
  private let inputCount: Int
  private let outputCount: Int
  private let terms: [Term]

  /// - Parameter terms: of one image.
  init(inputCount: Int, outputCount: Int, isExact: Bool, terms: [Term]) {
    self.inputCount = inputCount
    self.outputCount = outputCount
    self.isExact = isExact
    self.terms = terms
  }

  func forward(_ input: [Double]) -> [Double] {
    var output = [Double](repeating: 0, count: input.count / inputCount * outputCount)
    for image in 0..<input.count / inputCount {
      for term in terms {
        output[image * outputCount + term.output] += input[image * inputCount + term.input] * term.factor
      }
    }
    return output
  }

  func backward(_ outputGradient: [Double]) -> [Double] {
    let images = outputGradient.count / outputCount
    var gradient = [Double](repeating: 0, count: images * inputCount)
    for image in 0..<images {
      for term in terms {
        gradient[image * inputCount + term.input] += outputGradient[image * outputCount + term.output] * term.factor
      }
    }
    return gradient
  }
}

extension ReferenceSums {
  /// The terms of a bilinear upsampling: an input's weight falls with its distance from the output's place along each axis.
  static func bilinear(_ layer: Upsample, _ shape: Shape) -> [Term] {
    guard case .bilinear(let alignCorners) = layer.mode else { return [] }
    func weights(_ output: Int, _ inputs: Int, _ scale: Int) -> [(Int, Double)] {
      var place = (Double(output) + 0.5) / Double(scale) - 0.5
      if alignCorners { place = Double(output * (inputs - 1)) / Double(max(inputs * scale - 1, 1)) }
      place = min(max(place, 0), Double(inputs - 1))
      return (0..<inputs).map { ($0, max(1 - abs(Double($0) - place), 0)) }.filter { $0.1 > 0 }
    }
    let (height, width) = (shape[1] * layer.scale.height, shape[2] * layer.scale.width)
    let rows = (0..<height).map { weights($0, shape[1], layer.scale.height) }
    let columns = (0..<width).map { weights($0, shape[2], layer.scale.width) }
    return (0..<shape[0] * height * width).flatMap { o in
      let first = o / (height * width) * shape[1]
      return rows[o / width % height].flatMap { row, vertical in
        columns[o % width].map { column, horizontal in
          Term(output: o, input: (first + row) * shape[2] + column, factor: vertical * horizontal)
        }
      }
    }
  }
}

/// The largest value of each window, the first of equals.
final class ReferenceMaxima: ParameterlessLayer {
  let isExact = true
  private var gaps: [Double] = []
  var kinks: [[Double]] { [gaps] }
  private let inputCount: Int
  private let windows: [[Int]]
  private var winners: [Int] = []
  private var count = 0

  /// - Parameter windows: of one image, the inputs of each output in scan order.
  init(inputCount: Int, windows: [[Int]]) {
    self.inputCount = inputCount
    self.windows = windows
  }

  func forward(_ input: [Double]) -> [Double] {
    winners = []
    gaps = []
    count = input.count
    for image in 0..<input.count / inputCount {
      for window in windows {
        var winner = image * inputCount + window[0]
        var second = -Double.infinity
        for place in window.dropFirst() {
          let value = input[image * inputCount + place]
          if value > input[winner] {
            second = input[winner]
            winner = image * inputCount + place
          } else {
            second = max(second, value)
          }
        }
        winners.append(winner)
        if second.isFinite { gaps.append(input[winner] - second) }
      }
    }
    return winners.map { input[$0] }
  }

  func backward(_ outputGradient: [Double]) -> [Double] {
    var gradient = [Double](repeating: 0, count: count)
    for (winner, value) in zip(winners, outputGradient) { gradient[winner] += value }
    return gradient
  }
}

/// A function of each value, with its derivative and the places where that jumps.
final class ReferenceFunction: ParameterlessLayer {
  let isExact: Bool
  private let function: (Double) -> (value: Double, derivative: Double)
  private let jumps: [Double]
  private var input: [Double] = []

  init(
    jumps: [Double] = [], isExact: Bool = false, _ function: @escaping (Double) -> (value: Double, derivative: Double)
  ) {
    self.function = function
    self.jumps = jumps
    self.isExact = isExact
  }

  var kinks: [[Double]] { jumps.map { jump in input.map { $0 - jump } } }

  func forward(_ input: [Double]) -> [Double] {
    self.input = input
    return input.map { function($0).value }
  }

  func backward(_ outputGradient: [Double]) -> [Double] {
    zip(input, outputGradient).map { function($0).derivative * $1 }
  }
}

/// A slope for the negative values, one for each run of `plane` values in turn.
final class ReferencePReLU: ReferenceLayer {
  let parameterCount = 1
  private let plane: Int
  private var input: [Double] = []
  private(set) var updatedParameters: [[Double]] = []

  init(plane: Int) { self.plane = plane }

  var kinks: [[Double]] { [input] }

  func forward(_ input: [Double], _ parameters: [[Double]]) -> [Double] {
    self.input = input
    updatedParameters = parameters
    return input.enumerated().map { $1 > 0 ? $1 : $1 * parameters[0][$0 / plane % parameters[0].count] }
  }

  func backward(_ outputGradient: [Double]) -> (input: [Double], parameters: [[Double]]) {
    let slopes = updatedParameters[0]
    var slopeGradient = [Double](repeating: 0, count: slopes.count)
    let inputGradient = zip(input, outputGradient).enumerated().map { i, pair in
      if pair.0 > 0 { return pair.1 }
      let channel = i / plane % slopes.count
      slopeGradient[channel] += pair.0 * pair.1
      return slopes[channel] * pair.1
    }
    return (inputGradient, [slopeGradient])
  }
}

/// Values times factors that the library drew: dropout.
final class ReferenceMask: ParameterlessLayer {
  let isExact = true
  private let mask: () -> [Double]

  init(_ mask: @escaping () -> [Double]) { self.mask = mask }

  func forward(_ input: [Double]) -> [Double] { zip(input, mask()).map { $0 * $1 } }
  func backward(_ outputGradient: [Double]) -> [Double] { zip(outputGradient, mask()).map { $0 * $1 } }
}
