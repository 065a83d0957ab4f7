import Foundation
import Layers
import Testing

struct InitializationTests {
  @Test(arguments: [("0.weight", 75), ("0.bias", 75), ("3.weight", 150), ("7.weight", 400), ("11.bias", 84)])
  func parametersAreUniformWithinTheRootOfTheFanIn(name: String, fanIn: Int) throws {
    let values = try Model(n1, inputShape: [3, 32, 32], seed: 7).parameter(name).scalars.map(Double.init)
    let bound = 1 / Double(fanIn).squareRoot()
    #expect(values.allSatisfy { abs($0) <= bound * 1.000_001 })
    guard values.count > 100 else { return }
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
    let count = Double(values.count)
    #expect(abs(mean) < 4 * bound / (3 * count).squareRoot(), "the mean of a uniform sample, 4 standard errors")
    #expect(abs(variance / (bound * bound / 3) - 1) < 4 / count.squareRoot())
  }

  @Test func theSeedDeterminesTheParameters() throws {
    let first = try Model(n1, inputShape: [3, 32, 32], seed: 1)
    let same = try Model(n1, inputShape: [3, 32, 32], seed: 1)
    let other = try Model(n1, inputShape: [3, 32, 32], seed: 2)
    #expect(Array(first.parameterBuffer) == Array(same.parameterBuffer))
    #expect(Array(first.parameterBuffer) != Array(other.parameterBuffer))
  }

  @Test func parametersOfALayerAloneHaveItsShapes() throws {
    var generator = SplitMix64(seed: 3)
    let parameters = try Conv2D(4, kernelSize: Size2D(3, 2), groups: 2).initialParameters(
      for: [6, 8, 8], using: &generator)
    #expect(parameters.map(\.shape) == [[4, 3, 3, 2], [4]])
  }

  private func draw(_ initialization: Initialization, _ shape: Shape, seed: UInt64 = 5) throws -> [Double] {
    var generator = SplitMix64(seed: seed)
    return try initialization.tensor(shape: shape, using: &generator).scalars.map(Double.init)
  }

  /// Mean, deviation and the fourth moment over the squared variance, which is 3 for a normal distribution.
  private func moments(_ values: [Double]) -> (mean: Double, deviation: Double, kurtosis: Double) {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let second = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    let fourth = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) * ($1 - mean) * ($1 - mean) } / count
    return (mean, second.squareRoot(), fourth / (second * second))
  }

  struct Fixture: Decodable {
    struct Weight: Decodable {
      let shape: [Int]
      let fans: [Int]
      let xavierUniform: Double
      let xavierNormal: Double
      let kaimingUniform: [Double]
      let kaimingNormal: [Double]
    }
    let gains: [Double]
    let weights: [Weight]
    let images: [Float]
    let whitening: [Double]
  }

  private static let fixture: Result<Fixture, any Error> = Result {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let data = try Data(contentsOf: folder.appendingPathComponent("Fixtures/initialization.json"))
    return try JSONDecoder().decode(Fixture.self, from: data)
  }

  /// The second stands for PyTorch's `sigmoid`.
  static let nonlinearities: [Nonlinearity] = [
    .linear, .linear, .tanh, .relu, .leakyReLU(slope: 0), .leakyReLU(), .leakyReLU(slope: 0.2), .selu,
  ]

  @Test func gainsAndFansAreThoseOfPyTorch() throws {
    let fixture = try Self.fixture.get()
    #expect(fixture.gains.count == Self.nonlinearities.count)
    for (nonlinearity, gain) in zip(Self.nonlinearities, fixture.gains) {
      #expect(abs(nonlinearity.gain - gain) < 1e-7, "\(nonlinearity)")
    }
    for weight in fixture.weights {
      let fans = Fans(Shape(weight.shape))
      #expect([fans.input, fans.output] == weight.fans, "\(weight.shape)")
    }
  }

  /// A sample has the bound or the deviation that PyTorch computes for the shape. The same numbers, from 0 to 1, are
  /// scaled for all, so that a few thousand show it exactly: against `.uniform(bound: 1)` and `.normal()`.
  @Test func boundsAndDeviationsAreThoseOfPyTorch() throws {
    for weight in try Self.fixture.get().weights {
      let shape = Shape(weight.shape)
      let uniform = try draw(.uniform(bound: 1), shape)
      let normal = try draw(.normal(), shape)
      func expect(_ initialization: Initialization, _ unit: [Double], _ factor: Double) throws {
        let drawn = try draw(initialization, shape)
        #expect(
          zip(drawn, unit).allSatisfy { abs($0 - factor * $1) <= 1e-6 * abs(factor * $1) + 1e-12 },
          "\(initialization), \(shape)")
      }
      try expect(.xavierUniform(gain: 1.5), uniform, weight.xavierUniform)
      try expect(.xavierNormal(gain: 1.5), normal, weight.xavierNormal)
      for (i, fan) in [Fan.input, .output].enumerated() {
        for (j, nonlinearity) in Self.nonlinearities.enumerated() {
          let k = i * Self.nonlinearities.count + j
          try expect(.kaimingUniform(fan: fan, nonlinearity: nonlinearity), uniform, weight.kaimingUniform[k])
          try expect(.kaimingNormal(fan: fan, nonlinearity: nonlinearity), normal, weight.kaimingNormal[k])
        }
      }
    }
  }

  @Test func samplesHaveTheirDistributionsMoments() throws {
    let shape: Shape = [400, 500]
    let error = 4 / Double(shape.count).squareRoot()
    for (initialization, mean, deviation, kurtosis) in [
      (.uniform(bound: 0.3), 0, 0.3 / 3.0.squareRoot(), 1.8), (.normal(), 0, 1, 3),
      (.normal(mean: 2, standardDeviation: 0.1), 2, 0.1, 3), (.xavierNormal(), 0, (2.0 / 900).squareRoot(), 3),
      (.kaimingUniform(nonlinearity: .relu), 0, (2.0 / 500).squareRoot(), 1.8),
      (.kaimingNormal(fan: .output, nonlinearity: .relu), 0, (2.0 / 400).squareRoot(), 3),
    ] as [(Initialization, Double, Double, Double)] {
      let moments = moments(try draw(initialization, shape))
      #expect(abs(moments.mean - mean) < error * deviation, "\(initialization): \(moments)")
      #expect(abs(moments.deviation / deviation - 1) < error, "\(initialization): \(moments)")
      #expect(abs(moments.kurtosis - kurtosis) < 5 * error, "\(initialization): \(moments)")
    }
  }

  @Test func normalNumbersAreSpreadAsTheyShouldBe() throws {
    // Given 200,000 numbers, the shares below some bounds are those of the distribution, 4 standard errors apart at most.
    let values = try draw(.normal(), [200_000])
    for bound in [-3.0, -2, -1, -0.5, 0, 0.25, 1, 2.5, 3.5] {
      let share = Double(values.count { $0 < bound }) / 200_000
      let expected = 0.5 * erfc(-bound / 2.0.squareRoot())
      #expect(abs(share - expected) < 4 * (expected * (1 - expected) / 200_000).squareRoot(), "\(bound): \(share)")
    }
  }

  /// Mean and deviation of a normal distribution between a and b: μ + σ(φ(α) − φ(β))/Z, σ²(1 + (αφ(α) − βφ(β))/Z − …²).
  @Test(
    arguments: [
      (0, 1, -2, 2), (1, 2, -2, 2), (0, 1, 0.5, 0.6), (0, 0.02, -0.04, 0.04), (0, 1, 3, 8), (0, 1, -30, -4),
    ] as [(Float, Float, Float, Float)])
  func truncatedNormalNumbersKeepToTheirRange(mean: Float, deviation: Float, low: Float, high: Float) throws {
    let values = try draw(.truncatedNormal(mean: mean, standardDeviation: deviation, low: low, high: high), [40_000])
    #expect(values.allSatisfy { Double(low) <= $0 && $0 <= Double(high) })
    let (m, s) = (Double(mean), Double(deviation))
    let (a, b) = ((Double(low) - m) / s, (Double(high) - m) / s)
    func density(_ x: Double) -> Double { exp(-x * x / 2) / (2 * Double.pi).squareRoot() }
    // The smaller tail, so that the difference keeps its digits.
    let z =
      a > 0
      ? (erfc(a / 2.0.squareRoot()) - erfc(b / 2.0.squareRoot())) / 2
      : (erfc(-b / 2.0.squareRoot()) - erfc(-a / 2.0.squareRoot())) / 2
    let shift = (density(a) - density(b)) / z
    let expected = (
      mean: m + s * shift, deviation: s * (1 + (a * density(a) - b * density(b)) / z - shift * shift).squareRoot()
    )
    let given = moments(values)
    #expect(abs(given.mean - expected.mean) < 4 * expected.deviation / 200, "\(given), not \(expected)")
    #expect(abs(given.deviation / expected.deviation - 1) < 0.03, "\(given), not \(expected)")
  }

  @Test(arguments: [[6, 6], [4, 30], [30, 4], [16, 8, 3, 3], [5, 1, 2, 2], [1, 7], [7, 1], [65, 64]])
  func orthogonalWeightsAreOrthogonal(dimensions: [Int]) throws {
    let gain: Float = 1.5
    let values = try draw(.orthogonal(gain: gain), Shape(dimensions))
    let rows = dimensions[0]
    let columns = values.count / rows
    let (count, length) = (min(rows, columns), max(rows, columns))
    func element(_ i: Int, _ k: Int) -> Double { rows <= columns ? values[i * columns + k] : values[k * columns + i] }
    for i in 0..<count {
      for j in 0...i {
        let product = (0..<length).reduce(0.0) { $0 + element(i, $1) * element(j, $1) }
        #expect(abs(product - (i == j ? Double(gain * gain) : 0)) < 1e-6, "\(dimensions): \(i), \(j)")
      }
    }
    let other = try draw(.orthogonal(gain: gain), Shape(dimensions), seed: 6)
    #expect(other != values)
  }

  @Test func orthogonalMatricesFavourNoDirection() throws {
    // An entry of a random orthogonal 4 × 4 matrix has mean 0 and variance 1/4.
    var generator = SplitMix64(seed: 9)
    var sums = [Double](repeating: 0, count: 16)
    var squares = sums
    for _ in 0..<2000 {
      let matrix = try Initialization.orthogonal().tensor(shape: [4, 4], using: &generator).scalars
      for (i, value) in matrix.enumerated() {
        sums[i] += Double(value) / 2000
        squares[i] += Double(value * value) / 2000
      }
    }
    #expect(sums.allSatisfy { abs($0) < 4 * 0.5 / 2000.0.squareRoot() })
    #expect(squares.allSatisfy { abs($0 - 0.25) < 0.025 })
  }

  @Test func layersAndModelsTakeInitializations() throws {
    let network = Sequential(
      Conv2D(4, kernelSize: 3, initialization: .constant(0.5)), Flatten(),
      Linear(3, initialization: .orthogonal()))
    let model = try Model(network, inputShape: [2, 6, 6], seed: 1)
    #expect(try model.parameter("0.weight").scalars.allSatisfy { $0 == 0.5 })
    let bias = try model.parameter("0.bias")
    #expect(bias.scalars.allSatisfy { $0 != 0 && abs($0) <= 0.236 })

    try model.initialize(where: { $0.shape.rank >= 2 }, with: .kaimingNormal(nonlinearity: .relu), seed: 3)
    let first = try model.parameter("2.weight")
    #expect(try model.parameter("0.bias") == bias)
    try model.initialize(where: { $0.name.hasSuffix(".bias") }, with: .constant(0))
    #expect(try model.parameter("2.bias").scalars == [0, 0, 0])
    try model.initialize(where: { $0.shape.rank >= 2 }, with: .kaimingNormal(nonlinearity: .relu), seed: 3)
    #expect(try model.parameter("2.weight") == first)
    try model.initialize(where: { $0.shape.rank >= 2 }, with: .kaimingNormal(nonlinearity: .relu), seed: 4)
    #expect(try model.parameter("2.weight") != first)
  }

  @Test func whatMakesNoSenseIsNamed() throws {
    let model = try Model(Sequential(Linear(3)), inputShape: [4], seed: 1)
    let before = Array(model.parameterBuffer)
    for initialization in [
      .xavierUniform(), .kaimingNormal(), .orthogonal(), .normal(mean: 0, standardDeviation: -1), .uniform(bound: .nan),
      .truncatedNormal(mean: 0, standardDeviation: 1, low: 2, high: 1), .truncatedNormal(standardDeviation: 0),
    ] as [Initialization] {
      #expect(throws: LayerError.self, "\(initialization)") {
        try model.initialize(where: { _ in true }, with: initialization)
      }
    }
    #expect(Array(model.parameterBuffer) == before)
    #expect(throws: LayerError.self) {
      try Model(Sequential(Linear(3, initialization: .normal(standardDeviation: .nan))), inputShape: [4])
    }
  }

  @Test func whiteningIsThatOfNumPy() throws {
    let fixture = try Self.fixture.get()
    let images = try Tensor(shape: [3, 2, 6, 5], fixture.images)
    let weights = try Whitening.weights(images, kernelSize: Size2D(3, 2))
    #expect(weights.shape == [24, 2, 3, 2])
    for (i, (given, expected)) in zip(weights.scalars, fixture.whitening).enumerated() {
      #expect(abs(Double(given) - expected) < 1e-5 * (1 + abs(expected)), "at \(i): \(given), not \(expected)")
    }
  }

  @Test func whitenedOutputsAreUncorrelated() throws {
    // Given smooth images, the outputs of the first half of the kernels have variances λ/(λ + ε) and no covariances.
    var generator = SplitMix64(seed: 2)
    let (count, side) = (40, 12)
    let noise = try Initialization.normal().tensor(shape: [count, 3, side, side + 2], using: &generator).scalars
    let smooth = (0..<count * 3 * side * side).map { i -> Float in
      let place = i / side * (side + 2) + i % side
      return noise[place] + 2 * noise[place + 1] + noise[place + 2]
    }
    let images = try Tensor(shape: [count, 3, side, side], smooth)
    let weights = try Whitening.weights(images, kernelSize: 2, epsilon: 1e-9)
    let zeros = try Tensor(shape: [24])
    let outputs = try Conv2D(24, kernelSize: 2).forward(images, parameters: [weights, zeros]).scalars.map(Double.init)
    let plane = (side - 1) * (side - 1)
    func channel(_ c: Int) -> [Double] {
      let values = (0..<count * plane).map { outputs[($0 / plane * 24 + c) * plane + $0 % plane] }
      let mean = values.reduce(0, +) / Double(values.count)
      return values.map { $0 - mean }
    }
    let channels = (0..<12).map(channel)
    for i in 0..<12 {
      for j in 0...i {
        let covariance = zip(channels[i], channels[j]).reduce(0) { $0 + $1.0 * $1.1 } / Double(count * plane)
        #expect(abs(covariance - (i == j ? 1 : 0)) < 1e-4, "\(i), \(j): \(covariance)")
      }
    }
    let scalars = weights.scalars
    #expect(zip(scalars[..<144], scalars[144...]).allSatisfy { $0 == -$1 })
  }

  @Test func whiteningNamesWhatItCannotUse() throws {
    let images = try Tensor(shape: [2, 3, 4, 4], repeating: 1)
    #expect(throws: LayerError.self) { try Whitening.weights(images, kernelSize: 5) }
    #expect(throws: LayerError.self) { try Whitening.weights(images, kernelSize: 2, epsilon: 0) }
    #expect(throws: LayerError.self) { try Whitening.weights(images.reshaped(to: [6, 16]), kernelSize: 2) }
    #expect(throws: LayerError.self) {
      try Whitening.weights(Tensor(shape: [1, 1, 4, 4], repeating: .nan), kernelSize: 2)
    }
    // Images without any variance: every direction has 1/√ε.
    let weights = try Whitening.weights(images, kernelSize: 2, epsilon: 0.25)
    #expect(weights.scalars.allSatisfy { abs($0) == 2 || $0 == 0 })
  }
}
