import KernelsISA

/// The prefetch distance, in elements, where data comes from memory.
private let prefetchDistance = 1024

/// The arguments of the level functions of all activations, forward and backward.
struct ActivationArguments {
  /// The input; in the backward pass the input or the output, whichever the derivative is a function of.
  var values: UnsafePointer<Float>
  /// The gradient of the output; nil in the forward pass.
  var outputGradient: UnsafePointer<Float>?
  /// The output, or the input's gradient. May be the memory of the values (forward) or of the gradient (backward).
  var result: UnsafeMutablePointer<Float>
  /// The number of values.
  var count: Int
  /// Whether the result is stored non-temporally: it is then other memory, aligned for vectors.
  var nonTemporal: Bool
  /// The options of the function.
  var options: (Float, Float)
  /// Memory of two vectors.
  var scratch: UnsafeMutablePointer<Float>
}

/// result = Function(values).
@inline(always)
func map<L: Lanes, Function: VectorMap>(
  _ lanes: L.Type, _ function: Function.Type, _ p: UnsafePointer<ActivationArguments>
) {
  if p.pointee.nonTemporal {
    mapAll(lanes, function, p, nonTemporal: true)
    isa_stream_fence()
  } else {
    mapAll(lanes, function, p, nonTemporal: false)
  }
}

/// result = Function(values), or its gradient where there is an output gradient.
@inline(always)
func activate<L: Lanes, Function: Activation>(
  _ lanes: L.Type, _ function: Function.Type, _ p: UnsafePointer<ActivationArguments>
) {
  guard let outputGradient = p.pointee.outputGradient else { return map(lanes, function, p) }
  if p.pointee.nonTemporal {
    gradientAll(lanes, function, p, outputGradient, nonTemporal: true)
    isa_stream_fence()
  } else {
    gradientAll(lanes, function, p, outputGradient, nonTemporal: false)
  }
}

/// Two vectors an iteration, as a pair or one after the other, hide the latency of the longer functions. The tail is
/// padded to one vector in scratch memory, so that a value's result does not depend on its index. (With
/// `load(_:first:)` and `store(_:_:first:)` the compiler would also compute it in pieces.)
@inline(always)
private func mapAll<L: Lanes, Function: VectorMap>(
  _ lanes: L.Type, _ type: Function.Type, _ p: UnsafePointer<ActivationArguments>, nonTemporal: Bool
) {
  let function = Function(p.pointee.options)
  let values = p.pointee.values
  let result = p.pointee.result
  let count = p.pointee.count
  var i = 0
  let step = L.isPair ? L.count : 2 &* L.count
  while i &+ step <= count {
    if nonTemporal {
      prefetch(values + i + prefetchDistance)
      if step > 16 { prefetch(values + i + prefetchDistance + step / 2) }
    }
    let a = L.load(values + i)
    if L.isPair {
      L.store(function.apply(lanes, a), result + i, nonTemporal: nonTemporal)
    } else {
      let b = L.load(values + i + L.count)
      L.store(function.apply(lanes, a), result + i, nonTemporal: nonTemporal)
      L.store(function.apply(lanes, b), result + i + L.count, nonTemporal: nonTemporal)
    }
    i &+= step
  }
  while i < count {
    let remaining = count &- i < L.count ? count &- i : L.count
    let isWhole = remaining == L.count
    if !isWhole { L.copy(values + i, p.pointee.scratch, first: remaining) }
    let a = L.load(isWhole ? values + i : UnsafePointer(p.pointee.scratch))
    L.store(function.apply(lanes, a), isWhole ? result + i : p.pointee.scratch)
    if !isWhole { L.copy(p.pointee.scratch, result + i, first: remaining) }
    i &+= L.count
  }
}

@inline(always)
private func gradientAll<L: Lanes, Function: Activation>(
  _ lanes: L.Type, _ type: Function.Type, _ p: UnsafePointer<ActivationArguments>,
  _ outputGradient: UnsafePointer<Float>, nonTemporal: Bool
) {
  let function = Function(p.pointee.options)
  let values = p.pointee.values
  let result = p.pointee.result
  let count = p.pointee.count
  var i = 0
  let step = L.isPair ? L.count : 2 &* L.count
  while i &+ step <= count {
    if nonTemporal {
      prefetch(values + i + prefetchDistance)
      prefetch(outputGradient + i + prefetchDistance)
    }
    let v0 = L.load(values + i)
    let g0 = L.load(outputGradient + i)
    if L.isPair {
      L.store(function.gradient(lanes, v0, outputGradient: g0), result + i, nonTemporal: nonTemporal)
    } else {
      let v1 = L.load(values + i + L.count)
      let g1 = L.load(outputGradient + i + L.count)
      L.store(function.gradient(lanes, v0, outputGradient: g0), result + i, nonTemporal: nonTemporal)
      L.store(function.gradient(lanes, v1, outputGradient: g1), result + i + L.count, nonTemporal: nonTemporal)
    }
    i &+= step
  }
  let (first, second) = (p.pointee.scratch, p.pointee.scratch + L.count)
  while i < count {
    let remaining = count &- i < L.count ? count &- i : L.count
    let isWhole = remaining == L.count
    if !isWhole {
      L.copy(values + i, first, first: remaining)
      L.copy(outputGradient + i, second, first: remaining)
    }
    let v = L.load(isWhole ? values + i : UnsafePointer(first))
    let g = L.load(isWhole ? outputGradient + i : UnsafePointer(second))
    L.store(function.gradient(lanes, v, outputGradient: g), isWhole ? result + i : first)
    if !isWhole { L.copy(first, result + i, first: remaining) }
    i &+= L.count
  }
}
