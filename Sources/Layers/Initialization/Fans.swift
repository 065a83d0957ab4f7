/// Whether an initialisation preserves the variance of activations in the forward pass, or of gradients in the backward
/// pass.
public enum Fan: Hashable, Sendable {
  /// The number of inputs that an output sums over: PyTorch's `fan_in`.
  case input
  /// The number of outputs to which an input contributes, as counted by PyTorch's `fan_out`.
  case output
}

/// The nonlinearity after a layer, for whose effect on the variance an initialisation compensates.
public enum Nonlinearity: Hashable, Sendable {
  /// No nonlinearity; as in PyTorch, also for a sigmoid.
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

/// The fans of a weight `[outputs, inputs, …]`, as PyTorch counts them: the dimensions after the first two are the
/// kernel's size. For a grouped convolution, the inputs are those of one group, and the outputs those of all groups.
public struct Fans: Hashable, Sendable {
  /// The number of inputs that an output sums over.
  public let input: Int
  /// The number of outputs to which an input contributes.
  public let output: Int

  /// The fans of a weight of the given shape.
  public init(_ shape: Shape) {
    let kernel = shape.dimensions.dropFirst(2).reduce(1, *)
    output = (shape.rank > 0 ? shape[0] : 1) * kernel
    input = (shape.rank > 1 ? shape[1] : 1) * kernel
  }

  /// The standard deviation of Glorot and Bengio's (2010) initialisation.
  func xavier(_ gain: Float) -> Double { Double(gain) * (2 / Double(max(input + output, 1))).squareRoot() }

  /// The standard deviation of He and others' (2015) initialisation.
  func kaiming(_ fan: Fan, _ nonlinearity: Nonlinearity) -> Double {
    nonlinearity.gain / Double(max(fan == .input ? input : output, 1)).squareRoot()
  }
}
