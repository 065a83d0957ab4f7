/// A function of one value, applied to each lane of a vector, with up to two numbers as options.
protocol VectorMap {
  init(_ options: ActivationOptions)
  func apply<L: Lanes>(_ lanes: L.Type, _ x: L.Vector) -> L.Vector
}

/// A ``VectorMap`` with its gradient.
///
/// To add an activation, write a file with this type, the forward and the backward operation (see SiLU.swift), and add
/// a line to Levels/Generation/functions.txt.
protocol Activation: VectorMap {
  /// The input's gradient. `value` is the input x or the output y, whichever the derivative is a function of; see
  /// ``ElementwiseGradientOperands``.
  func gradient<L: Lanes>(_ lanes: L.Type, _ value: L.Vector, outputGradient: L.Vector) -> L.Vector
}

/// The options of a function, as the level functions read them; unused ones are 0.
typealias ActivationOptions = (Float, Float)
