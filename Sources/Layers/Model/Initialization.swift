/// How the first values of a parameter are drawn.
public enum Initialization: Hashable, Sendable {
  /// One value everywhere.
  case constant(Float)
  /// Uniform in −bound ..< bound.
  case uniform(bound: Float)

  /// PyTorch's default for weights and biases of convolutions and linear layers: uniform in ±1/√fanIn, where `fanIn` is
  /// the number of inputs that an output sums over. (It is `kaiming_uniform_` with a = √5.)
  public static func uniform(fanIn: Int) -> Initialization {
    .uniform(bound: Float(1 / Double(max(fanIn, 1)).squareRoot()))
  }

  /// Fills memory with first values, in order.
  func fill(_ values: UnsafeMutableBufferPointer<Float>, using generator: inout SplitMix64) {
    switch self {
    case .constant(let value): values.initialize(repeating: value)
    case .uniform(let bound): for i in values.indices { values[i] = generator.nextSignedUnit() * bound }
    }
  }

  /// A tensor of first values.
  public func tensor(shape: Shape, using generator: inout SplitMix64) throws(ShapeError) -> Tensor {
    var tensor = try Tensor(shape: shape)
    tensor.withUnsafeMutableBufferPointer { fill($0, using: &generator) }
    return tensor
  }
}
