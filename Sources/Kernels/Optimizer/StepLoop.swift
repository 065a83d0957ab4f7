/// One vector of an optimiser's state: up to three numbers for each parameter, of which a rule uses what it needs.
struct StepState<Vector: SIMD> where Vector.Scalar == Float {
  var first: Vector
  var second: Vector
  var third: Vector
}

/// The arrays of an optimiser's state, one for each number that it keeps for a parameter.
struct OptimizerState {
  var first: UnsafeMutablePointer<Float>
  var second: UnsafeMutablePointer<Float>
  var third: UnsafeMutablePointer<Float>
  /// How many of the three arrays are used, from the first on; the others are not touched.
  var count: Int
  /// Whether the arrays are read; a first step may only write them.
  var isRead = true
}

/// An optimiser's formula for one vector of parameters.
///
/// A rule holds the arguments as vectors, because the compiler must assume that a store of floats changes the memory
/// behind the arguments' pointer, and would read them again at each step. Products are rounded before they are added,
/// so all levels give the same bits.
protocol StepRule {
  associatedtype L: Lanes
  /// Updates the parameter and the state by the gradient. Zeros stay zeros, because the padding between a model's
  /// parameters has to keep its zeros.
  func step(_ parameter: inout L.Vector, gradient: L.Vector, _ state: inout StepState<L.Vector>)
}

extension Lanes {
  /// numerator / denominator, and 0 where the denominator is 0: an optimiser that has seen no gradient but 0 has no
  /// scale for a step, and makes none.
  @inline(always) static func quotient(_ numerator: Vector, _ denominator: Vector) -> Vector {
    numerator / denominator.replacing(with: splat(.infinity), where: denominator .== splat(0))
  }
}

extension Lanes {
  /// Each value of a state that is written, but 0 where it is denormal.
  ///
  /// The state of a parameter whose gradients are 0, as behind a ReLU that never fires, decays, and within a thousand steps
  /// a velocity would be denormal for ever: 0.9 times the smallest numbers rounds to themselves. Steps take up to 2.5 times
  /// as long then (Adam, Zen 4; docs/performance.md).
  @inline(always) static func normalOrZero(_ value: Vector) -> Vector {
    let exponents = bits(value) & Bits(repeating: 0x7F80_0000)
    return value.replacing(with: splat(0), where: exponents .== Bits(repeating: 0))
  }
}

/// `Lanes.normalOrZero` of one number, for the references.
@inline(__always)
func normalOrZero(_ value: Float) -> Float { value.isZero || value.isSubnormal ? 0 : value }

/// `Lanes.quotient` of one number, for the references.
@inline(__always)
func quotient(_ numerator: Float, _ denominator: Float) -> Float {
  numerator / (denominator == 0 ? .infinity : denominator)
}

/// Applies a rule to all parameters of an array, and keeps no denormal state. `arrays.count` and `arrays.isRead` are
/// compile-time constants after inlining.
@inline(always)
func stepAll<Rule: StepRule>(
  _ rule: Rule, _ parameters: UnsafeMutablePointer<Float>, _ gradients: UnsafePointer<Float>, _ arrays: OptimizerState,
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
    if arrays.count > 0 { L.store(L.normalOrZero(state.first), arrays.first + i) }
    if arrays.count > 1 { L.store(L.normalOrZero(state.second), arrays.second + i) }
    if arrays.count > 2 { L.store(L.normalOrZero(state.third), arrays.third + i) }
    i &+= L.count
  }
  if i < count {
    let remaining = count &- i
    var parameter = L.load(UnsafePointer(parameters + i), first: remaining)
    var state = StepState(first: L.splat(0), second: L.splat(0), third: L.splat(0))
    if arrays.isRead {
      if arrays.count > 0 { state.first = L.load(UnsafePointer(arrays.first + i), first: remaining) }
      if arrays.count > 1 { state.second = L.load(UnsafePointer(arrays.second + i), first: remaining) }
      if arrays.count > 2 { state.third = L.load(UnsafePointer(arrays.third + i), first: remaining) }
    }
    rule.step(&parameter, gradient: L.load(gradients + i, first: remaining), &state)
    L.store(parameter, parameters + i, first: remaining)
    if arrays.count > 0 { L.store(L.normalOrZero(state.first), arrays.first + i, first: remaining) }
    if arrays.count > 1 { L.store(L.normalOrZero(state.second), arrays.second + i, first: remaining) }
    if arrays.count > 2 { L.store(L.normalOrZero(state.third), arrays.third + i, first: remaining) }
  }
}
