import Foundation
import Layers

extension GradientCase {
  /// Activations with their definitions.
  static let activations: [GradientCase] = [
    values(LeakyReLU(negativeSlope: 0.3), hasKinks: true) { $0 > 0 ? $0 : 0.3 * $0 },
    values(ReLU6(), hasKinks: true) { min(max($0, 0), 6) },
    values(ELU(alpha: 0.6), hasKinks: true) { $0 > 0 ? $0 : 0.6 * (exp($0) - 1) },
    values(GELU()) { $0 * (1 + erf($0 / 2.0.squareRoot())) / 2 },
    values(GELU(approximate: .tanh), geluByTanh),
    values(SiLU()) { $0 / (1 + exp(-$0)) },
    values(HardSwish()) { $0 * min(max($0 + 3, 0), 6) / 6 },
    values(SELU(), hasKinks: true) { 1.0507009873554805 * ($0 > 0 ? $0 : 1.6732632423543772 * (exp($0) - 1)) },
    values(Mish()) { $0 * tanh(log(1 + exp($0))) },
    values(HardSigmoid()) { min(max($0 + 3, 0), 6) / 6 },
    prelu(PReLU(), [2, 5, 7]), prelu(PReLU(perChannel: true), [4, 3, 7]), prelu(PReLU(initialSlope: -0.5), [19]),
    prelu(PReLU(perChannel: true, initialSlope: 0.1), [19]),
    values(Softplus(beta: 2)) { log(1 + exp(2 * $0)) / 2 },
    along(Softmax(dimension: -1), [4, 3, 7], axis: 2, softmax),
    along(Softmax(dimension: 2), [4, 3, 7], axis: 1, softmax),
    along(LogSoftmax(dimension: 3), [2, 3, 9], axis: 2, logSoftmax),
    along(LogSoftmax(dimension: -3), [5, 2, 2], axis: 0, logSoftmax),
    channels(Softmax(), [11], softmax), channels(Softmax(), [4, 3, 7], softmax),
    channels(LogSoftmax(), [23], logSoftmax), channels(LogSoftmax(), [3, 5, 4], logSoftmax),
  ]

  private static func prelu(_ layer: PReLU, _ shape: Shape) -> GradientCase {
    let plane = layer.perChannel ? shape.count / shape[0] : shape.count
    return GradientCase(
      layer: layer, inputShape: shape,
      reference: {
        { input, parameters in
          input.enumerated().map { $1 > 0 ? $1 : $1 * parameters[0][$0 / plane % parameters[0].count] }
        }
      }, hasKinks: true)
  }

  @Sendable private static func geluByTanh(_ x: Double) -> Double {
    let cubic: Double = x + 0.044715 * x * x * x
    return x * (1 + tanh((2 / Double.pi).squareRoot() * cubic)) / 2
  }

  @Sendable private static func softmax(_ x: [Double]) -> [Double] {
    let sum = x.map { exp($0) }.reduce(0, +)
    return x.map { exp($0) / sum }
  }

  @Sendable private static func logSoftmax(_ x: [Double]) -> [Double] {
    let sum = x.map { exp($0) }.reduce(0, +)
    return x.map { $0 - log(sum) }
  }

  private static func values(
    _ layer: any Layer, hasKinks: Bool = false, _ function: @escaping @Sendable (Double) -> Double
  ) -> GradientCase {
    GradientCase(
      layer: layer, inputShape: [2, 5, 7], reference: { { input, _ in input.map(function) } }, hasKinks: hasKinks)
  }

  private static func channels(
    _ layer: any Layer, _ shape: Shape, _ function: @escaping @Sendable ([Double]) -> [Double]
  ) -> GradientCase {
    along(layer, shape, axis: 0, function)
  }

  /// - Parameter axis: of an image's shape.
  private static func along(
    _ layer: any Layer, _ shape: Shape, axis: Int, _ function: @escaping @Sendable ([Double]) -> [Double]
  ) -> GradientCase {
    let plane = shape.dimensions[(axis + 1)...].reduce(1, *)
    let count = shape[axis]
    return GradientCase(
      layer: layer, inputShape: shape,
      reference: {
        { input, _ in
          var output = input
          for first in stride(from: 0, to: input.count, by: count * plane) {
            for pixel in first..<first + plane {
              let places = (0..<count).map { pixel + $0 * plane }
              for (place, value) in zip(places, function(places.map { input[$0] })) { output[place] = value }
            }
          }
          return output
        }
      })
  }
}
