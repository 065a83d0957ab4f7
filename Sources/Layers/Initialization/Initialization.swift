/// The distribution of a parameter's initial values, as in `torch.nn.init`.
///
/// The values depend on the generator alone; they are the same on every platform.
public enum Initialization: Hashable, Sendable {
  /// The same value for all elements.
  case constant(Float)
  /// Uniform in −bound ..< bound.
  case uniform(bound: Float)
  /// Normally distributed.
  case normal(mean: Float = 0, standardDeviation: Float = 1)
  /// Normally distributed, conditioned on low ... high; the mean and standard deviation are those before truncation.
  case truncatedNormal(mean: Float = 0, standardDeviation: Float = 1, low: Float = -2, high: Float = 2)
  /// Uniform, with a variance of gain² · 2 / (fan-in + fan-out) (Glorot and Bengio, 2010).
  case xavierUniform(gain: Float = 1)
  /// Normally distributed, with a variance of gain² · 2 / (fan-in + fan-out).
  case xavierNormal(gain: Float = 1)
  /// Uniform, with a variance of gain² / fan, where the gain is that of the following nonlinearity (He and others,
  /// 2015).
  case kaimingUniform(fan: Fan = .input, nonlinearity: Nonlinearity = .leakyReLU(slope: 0))
  /// Normally distributed, with a variance of gain² / fan.
  case kaimingNormal(fan: Fan = .input, nonlinearity: Nonlinearity = .leakyReLU(slope: 0))
  /// A random orthogonal matrix times gain, the weight being a matrix of its first dimension by all others: the rows
  /// are orthogonal, or the columns where there are more rows than columns (Saxe, McClelland and Ganguli, 2013).
  case orthogonal(gain: Float = 1)
  /// Filters that pass their input on: of a convolution's weight `[outputs, inputs, height, width]`, filter i has a 1
  /// in the middle of input i and 0 elsewhere, for i below the number of inputs. The filters beyond have the other
  /// distribution's values, of the fans of the whole weight; with `.constant(0)` it is `dirac_`.
  indirect case dirac(others: Initialization = .constant(0))

  /// PyTorch's default for weights and biases of convolutions and linear layers: uniform in ±1/√fanIn, where `fanIn` is
  /// the number of inputs that an output sums over. (It is `kaiming_uniform_` with a = √5.)
  public static func uniform(fanIn: Int) -> Initialization {
    .uniform(bound: Float(1 / Double(max(fanIn, 1)).squareRoot()))
  }

  /// A tensor of initial values.
  public func tensor(shape: Shape, using generator: inout SplitMix64) throws(ShapeError) -> Tensor {
    var tensor = try Tensor(shape: shape)
    tensor.withUnsafeMutableBufferPointer { fill($0, shape: shape, using: &generator) }
    return tensor
  }

  /// Fills memory with the initial values of a parameter, in row-major order.
  func fill(_ values: UnsafeMutableBufferPointer<Float>, shape: Shape, using generator: inout SplitMix64) {
    let fans = Fans(shape)
    switch self {
    case .constant(let value): values.initialize(repeating: value)
    case .uniform(let bound): fill(values, bound: bound, using: &generator)
    case .normal(let mean, let standardDeviation):
      fill(values, Double(mean), Double(standardDeviation), using: &generator)
    case .truncatedNormal(let mean, let standardDeviation, let low, let high):
      let normal = TruncatedNormal(mean: mean, standardDeviation: standardDeviation, low: low, high: high)
      for i in values.indices { values[i] = normal.value(generator.openUnit()) }
    case .xavierUniform(let gain):
      fill(values, bound: Float(3.0.squareRoot() * fans.xavier(gain)), using: &generator)
    case .xavierNormal(let gain): fill(values, 0, fans.xavier(gain), using: &generator)
    case .kaimingUniform(let fan, let nonlinearity):
      fill(values, bound: Float(3.0.squareRoot() * fans.kaiming(fan, nonlinearity)), using: &generator)
    case .kaimingNormal(let fan, let nonlinearity):
      fill(values, 0, fans.kaiming(fan, nonlinearity), using: &generator)
    case .orthogonal(let gain):
      let rows = shape.rank > 0 ? shape[0] : 1
      fillOrthogonal(values, rows: rows, gain: Double(gain), using: &generator)
    case .dirac(let others):
      others.fill(values, shape: shape, using: &generator)
      fillIdentity(values, shape)
    }
  }

  /// Makes the first filters those that pass their input on.
  private func fillIdentity(_ values: UnsafeMutableBufferPointer<Float>, _ shape: Shape) {
    let size = shape.dimensions.dropFirst(2).reduce(1, *)
    let middle = shape.dimensions.dropFirst(2).reduce(0) { $0 * $1 + $1 / 2 }
    for filter in 0..<min(shape[0], shape[1]) {
      let first = filter * shape[1] * size
      for i in first..<first + shape[1] * size { values[i] = 0 }
      values[first + filter * size + middle] = 1
    }
  }

  private func fill(
    _ values: UnsafeMutableBufferPointer<Float>, bound: Float, using generator: inout SplitMix64
  ) {
    for i in values.indices { values[i] = generator.signedUnit() * bound }
  }

  private func fill(
    _ values: UnsafeMutableBufferPointer<Float>, _ mean: Double, _ standardDeviation: Double,
    using generator: inout SplitMix64
  ) {
    let tables = Ziggurat.shared
    for i in values.indices { values[i] = Float(mean + standardDeviation * generator.standardNormal(tables)) }
  }

  /// Checks that the options are valid for a parameter of the given shape.
  func check(_ shape: Shape, layer: String) throws(LayerError) {
    func require(_ isRight: Bool, _ expected: String) throws(LayerError) {
      guard isRight else {
        throw .invalidValue(
          layer: layer, name: "initialization", value: "\(self) for shape \(shape)", expected: expected)
      }
    }
    switch self {
    case .constant: break
    case .uniform(let bound): try require(bound >= 0 && bound.isFinite, "a finite bound of at least 0")
    case .normal(let mean, let standardDeviation):
      try require(
        mean.isFinite && standardDeviation.isFinite && standardDeviation >= 0,
        "a finite standard deviation of at least 0")
    case .truncatedNormal(let mean, let standardDeviation, let low, let high):
      try require(
        mean.isFinite && standardDeviation.isFinite && standardDeviation > 0, "a finite standard deviation above 0")
      try require(low < high, "low less than high")
    case .xavierUniform(let gain), .xavierNormal(let gain), .orthogonal(let gain):
      try require(gain.isFinite, "a finite gain")
      try require(shape.rank >= 2, "a shape of at least 2 dimensions")
    case .kaimingUniform(_, let nonlinearity), .kaimingNormal(_, let nonlinearity):
      try require(nonlinearity.gain.isFinite, "a finite slope")
      try require(shape.rank >= 2, "a shape of at least 2 dimensions")
    case .dirac(let others):
      try require(shape.rank >= 3, "a convolution's weight, of at least 3 dimensions")
      try others.check(shape, layer: layer)
    }
  }
}
