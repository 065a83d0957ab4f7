/// A function of one value, applied to all lanes of a vector.
protocol VectorMap {
  static func apply<L: ElementwiseLanes>(_ lanes: L.Type, _ x: L.Vector) -> L.Vector
}

/// The gradient of an element-wise function from its output y and the output's gradient.
protocol VectorGradient {
  static func apply<L: ElementwiseLanes>(_ lanes: L.Type, output y: L.Vector, gradient: L.Vector) -> L.Vector
}
