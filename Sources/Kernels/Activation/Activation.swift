/// A function of one value with up to two numbers as options, for all lanes of a vector.
protocol VectorMap {
  init(_ options: ActivationOptions)
  func apply<L: Lanes>(_ lanes: L.Type, _ x: L.Vector) -> L.Vector
}

/// A ``VectorMap`` with its gradient.
///
/// To add an activation: its file, with this type, the forward and the backward operation and the level functions (see
/// SiLU.swift), and a line in Activation.h.
protocol Activation: VectorMap {
  /// The input's gradient. `value` is the output y or the input x: the one from which the derivative follows, see
  /// ``ElementwiseGradientOperands``.
  func gradient<L: Lanes>(_ lanes: L.Type, _ value: L.Vector, outputGradient: L.Vector) -> L.Vector
}

/// The options of a function as its kernels get them; those that it does not have are 0.
typealias ActivationOptions = (Float, Float)
