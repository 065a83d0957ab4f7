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
  let function = Function(p.pointee.options)
  var done = 0
  if p.pointee.nonTemporal {
    done = mapSteps(lanes, function, p, nonTemporal: true)
    isa_stream_fence()
  } else {
    done = mapSteps(lanes, function, p, nonTemporal: false)
  }
  mapLast(lanes, function, p, from: done)
}

/// result = Function(values), or its gradient where there is an output gradient.
@inline(always)
func activate<L: Lanes, Function: Activation>(
  _ lanes: L.Type, _ function: Function.Type, _ p: UnsafePointer<ActivationArguments>
) {
  guard let outputGradient = p.pointee.outputGradient else { return map(lanes, function, p) }
  let function = Function(p.pointee.options)
  var done = 0
  if p.pointee.nonTemporal {
    done = gradientSteps(lanes, function, p, outputGradient, nonTemporal: true)
    isa_stream_fence()
  } else {
    done = gradientSteps(lanes, function, p, outputGradient, nonTemporal: false)
  }
  gradientLast(lanes, function, p, outputGradient, from: done)
}

/// Two vectors an iteration, as a pair or one after the other, hide the latency of the longer functions. Returns how many
/// values are done.
@inline(always)
private func mapSteps<L: Lanes, Function: VectorMap>(
  _ lanes: L.Type, _ function: Function, _ p: UnsafePointer<ActivationArguments>, nonTemporal: Bool
) -> Int {
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
  return i
}

/// The values behind the last whole step. The tail is padded to one vector in scratch memory, so that a value's result does
/// not depend on its index. (With `load(_:first:)` and `store(_:_:first:)` the compiler would also compute it in pieces.)
@inline(always)
private func mapLast<L: Lanes, Function: VectorMap>(
  _ lanes: L.Type, _ function: Function, _ p: UnsafePointer<ActivationArguments>, from first: Int
) {
  let (values, result, count) = (p.pointee.values, p.pointee.result, p.pointee.count)
  var i = first
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

/// As `mapSteps`.
@inline(always)
private func gradientSteps<L: Lanes, Function: Activation>(
  _ lanes: L.Type, _ function: Function, _ p: UnsafePointer<ActivationArguments>,
  _ outputGradient: UnsafePointer<Float>, nonTemporal: Bool
) -> Int {
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
  return i
}

/// As `mapLast`.
@inline(always)
private func gradientLast<L: Lanes, Function: Activation>(
  _ lanes: L.Type, _ function: Function, _ p: UnsafePointer<ActivationArguments>,
  _ outputGradient: UnsafePointer<Float>, from first: Int
) {
  let (values, result, count) = (p.pointee.values, p.pointee.result, p.pointee.count)
  let (paddedValues, paddedGradient) = (p.pointee.scratch, p.pointee.scratch + L.count)
  var i = first
  while i < count {
    let remaining = count &- i < L.count ? count &- i : L.count
    let isWhole = remaining == L.count
    if !isWhole {
      L.copy(values + i, paddedValues, first: remaining)
      L.copy(outputGradient + i, paddedGradient, first: remaining)
    }
    let v = L.load(isWhole ? values + i : UnsafePointer(paddedValues))
    let g = L.load(isWhole ? outputGradient + i : UnsafePointer(paddedGradient))
    L.store(function.gradient(lanes, v, outputGradient: g), isWhole ? result + i : paddedValues)
    if !isWhole { L.copy(paddedValues, result + i, first: remaining) }
    i &+= L.count
  }
}
