/// What an initialisation keeps the variance of: the activations going forward, or the gradients going back.
public enum Fan: Hashable, Sendable {
  /// The number of inputs that an output sums over: PyTorch's `fan_in`.
  case input
  /// The number of outputs that an input goes to, as PyTorch's `fan_out` counts them.
  case output
}

/// A nonlinearity behind a layer, of which an initialisation makes up for what it does to the variance.
public enum Nonlinearity: Hashable, Sendable {
  /// None; also a sigmoid, as in PyTorch.
  case linear
  case tanh
  case relu
  case leakyReLU(slope: Float = 0.01)
  case selu

  /// PyTorch's `calculate_gain`.
  public var gain: Double {
    switch self {
    case .linear: 1
    case .tanh: 5.0 / 3
    case .relu: 2.0.squareRoot()
    case .leakyReLU(let slope): (2 / (1 + Double(slope) * Double(slope))).squareRoot()
    case .selu: 3.0 / 4
    }
  }
}

/// The fans of a weight `[outputs, inputs, …]`, as PyTorch counts them: the dimensions behind the first two are a kernel's
/// size. A grouped convolution's weight has the inputs of a group, and all outputs count.
public struct Fans: Hashable, Sendable {
  public let input: Int
  public let output: Int

  public init(_ shape: Shape) {
    let kernel = shape.dimensions.dropFirst(2).reduce(1, *)
    output = (shape.rank > 0 ? shape[0] : 1) * kernel
    input = (shape.rank > 1 ? shape[1] : 1) * kernel
  }

  /// The standard deviation of Glorot and Bengio.
  func xavier(_ gain: Float) -> Double { Double(gain) * (2 / Double(max(input + output, 1))).squareRoot() }

  /// The standard deviation of He and others.
  func kaiming(_ fan: Fan, _ nonlinearity: Nonlinearity) -> Double {
    nonlinearity.gain / Double(max(fan == .input ? input : output, 1)).squareRoot()
  }
}
