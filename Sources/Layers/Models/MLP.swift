/// A multilayer perceptron: linear layers with an activation between them, for images of any shape.
///
///     MLP(hidden: [120, 84], classCount: 10)      // 379,774 parameters for images of 3×32×32
///     MLP(hidden: [], classCount: 10)             // a linear classifier
///
/// Parameters are named `fc1.weight`, `fc1.bias`, `fc2.weight` and so on.
public struct MLP: CompositeLayer {
  /// The activation between the linear layers.
  public enum Activation: String, Sendable, CaseIterable {
    case none
    case relu
    case tanh
    case sigmoid

    fileprivate var layers: [any Layer] {
      switch self {
      case .none: []
      case .relu: [ReLU()]
      case .tanh: [Tanh()]
      case .sigmoid: [Sigmoid()]
      }
    }
  }

  /// The number of outputs of each linear layer before the last.
  public var hidden: [Int]
  /// The activation between the linear layers.
  public var activation: Activation
  /// The number of classes.
  public var classCount: Int

  /// A perceptron with the given hidden layers.
  public init(hidden: [Int], activation: Activation = .relu, classCount: Int = 10) {
    self.hidden = hidden
    self.activation = activation
    self.classCount = classCount
  }

  public var body: any Layer {
    var layers: [any Layer] = [Flatten()]
    for (i, features) in hidden.enumerated() {
      layers += [Linear(features).named("fc\(i + 1)")] + activation.layers
    }
    return Sequential(layers + [Linear(classCount).named("fc\(hidden.count + 1)")])
  }
}
