/// What an optimiser remembers for each parameter, as vectors: as much of it as its formula needs.
struct StepState<Vector: SIMD> where Vector.Scalar == Float {
  var first: Vector
  var second: Vector
  var third: Vector
}

/// Where an optimiser's state lies: an array for each number that it remembers for a parameter.
struct StepArrays {
  var first: UnsafeMutablePointer<Float>
  var second: UnsafeMutablePointer<Float>
  var third: UnsafeMutablePointer<Float>
  /// How many of the arrays there are; the others are not touched.
  var count: Int
  /// Whether they are read; at a first step they may only be written.
  var isRead = true
}

/// An optimiser's formula for one vector of parameters. Its members are what a step is, read once: the compiler must take
/// stores of floats to change what the arguments' pointer points to.
///
/// The products are rounded before they are added, so all levels give the same bits.
protocol StepRule {
  associatedtype L: Lanes
  /// Updates the parameter and the state by the gradient. Where all of them are 0 they stay 0: a model's parameters have
  /// gaps between them, which hold zeros.
  func step(_ parameter: inout L.Vector, gradient: L.Vector, _ state: inout StepState<L.Vector>)
}

extension Lanes {
  /// numerator / denominator, and 0 where both are 0 or only the denominator: an optimiser that has not seen a gradient
  /// other than 0 has no scale for a step, and makes none.
  @inline(always) static func quotient(_ numerator: Vector, _ denominator: Vector) -> Vector {
    numerator / denominator.replacing(with: splat(.infinity), where: denominator .== splat(0))
  }
}

/// The same for one number, for the references.
@inline(__always)
func quotient(_ numerator: Float, _ denominator: Float) -> Float {
  numerator / (denominator == 0 ? .infinity : denominator)
}

/// Applies a rule to all parameters of an array; `arrays.count` and `arrays.isRead` are constants where this is inlined.
@inline(always)
func stepAll<Rule: StepRule>(
  _ rule: Rule, _ parameters: UnsafeMutablePointer<Float>, _ gradients: UnsafePointer<Float>, _ arrays: StepArrays,
  count: Int
) {
  typealias L = Rule.L
  var i = 0
  while i &+ L.count <= count {
    var parameter = L.load(parameters + i)
    var state = StepState(first: L.splat(0), second: L.splat(0), third: L.splat(0))
    if arrays.isRead {
      if arrays.count > 0 { state.first = L.load(arrays.first + i) }
      if arrays.count > 1 { state.second = L.load(arrays.second + i) }
      if arrays.count > 2 { state.third = L.load(arrays.third + i) }
    }
    rule.step(&parameter, gradient: L.load(gradients + i), &state)
    L.store(parameter, parameters + i)
    if arrays.count > 0 { L.store(state.first, arrays.first + i) }
    if arrays.count > 1 { L.store(state.second, arrays.second + i) }
    if arrays.count > 2 { L.store(state.third, arrays.third + i) }
    i &+= L.count
  }
  if i < count {
    let left = count &- i
    var parameter = L.load(UnsafePointer(parameters + i), first: left)
    var state = StepState(first: L.splat(0), second: L.splat(0), third: L.splat(0))
    if arrays.isRead {
      if arrays.count > 0 { state.first = L.load(UnsafePointer(arrays.first + i), first: left) }
      if arrays.count > 1 { state.second = L.load(UnsafePointer(arrays.second + i), first: left) }
      if arrays.count > 2 { state.third = L.load(UnsafePointer(arrays.third + i), first: left) }
    }
    rule.step(&parameter, gradient: L.load(gradients + i, first: left), &state)
    L.store(parameter, parameters + i, first: left)
    if arrays.count > 0 { L.store(state.first, arrays.first + i, first: left) }
    if arrays.count > 1 { L.store(state.second, arrays.second + i, first: left) }
    if arrays.count > 2 { L.store(state.third, arrays.third + i, first: left) }
  }
}
