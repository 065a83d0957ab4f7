import KernelsISA

/// Elements from what is computed to what is asked for ahead where data comes from memory.
private let activationPrefetch = 1024

struct ActivationArguments {
  /// Forward: the input; backward: what the derivative is a function of.
  var values: UnsafePointer<Float>
  /// Null for the forward pass.
  var outputGradient: UnsafePointer<Float>?
  /// May be the memory of the values (forward), of the gradient (backward).
  var result: UnsafeMutablePointer<Float>
  var count: Int
  /// The result is other memory, aligned for vectors, and is stored past the caches.
  var streams: Bool
  /// The function's own.
  var options: (Float, Float)
  /// Two vectors.
  var scratch: UnsafeMutablePointer<Float>
}

/// result = Function(values).
@inline(always)
func map<L: Lanes, Function: VectorMap>(
  _ lanes: L.Type, _ function: Function.Type, _ p: UnsafePointer<ActivationArguments>
) {
  if p.pointee.streams {
    mapAll(lanes, function, p, past: true)
    isa_stream_fence()
  } else {
    mapAll(lanes, function, p, past: false)
  }
}

/// result = Function(values), or its gradient where there is an output gradient.
@inline(always)
func activate<L: Lanes, Function: Activation>(
  _ lanes: L.Type, _ function: Function.Type, _ p: UnsafePointer<ActivationArguments>
) {
  guard let outputGradient = p.pointee.outputGradient else { return map(lanes, function, p) }
  if p.pointee.streams {
    gradientAll(lanes, function, p, outputGradient, past: true)
    isa_stream_fence()
  } else {
    gradientAll(lanes, function, p, outputGradient, past: false)
  }
}

/// Two vectors a turn, as one or one by one, hide the latency of the longer functions. The tail is one vector in scratch
/// memory, so a value's result does not depend on its place. (Put together and stored in pieces, it would be computed in
/// pieces, too.)
@inline(always)
private func mapAll<L: Lanes, Function: VectorMap>(
  _ lanes: L.Type, _ type: Function.Type, _ p: UnsafePointer<ActivationArguments>, past: Bool
) {
  let function = Function(p.pointee.options)
  let values = p.pointee.values
  let result = p.pointee.result
  let count = p.pointee.count
  var i = 0
  let turn = L.isPair ? L.count : 2 &* L.count
  while i &+ turn <= count {
    if past {
      prefetch(values + i + activationPrefetch)
      if turn > 16 { prefetch(values + i + activationPrefetch + turn / 2) }
    }
    let a = L.load(values + i)
    if L.isPair {
      L.store(function.apply(lanes, a), result + i, past: past)
    } else {
      let b = L.load(values + i + L.count)
      L.store(function.apply(lanes, a), result + i, past: past)
      L.store(function.apply(lanes, b), result + i + L.count, past: past)
    }
    i &+= turn
  }
  while i < count {
    let left = count &- i < L.count ? count &- i : L.count
    let isWhole = left == L.count
    if !isWhole { L.copy(values + i, p.pointee.scratch, first: left) }
    let a = L.load(isWhole ? values + i : UnsafePointer(p.pointee.scratch))
    L.store(function.apply(lanes, a), isWhole ? result + i : p.pointee.scratch)
    if !isWhole { L.copy(p.pointee.scratch, result + i, first: left) }
    i &+= L.count
  }
}

@inline(always)
private func gradientAll<L: Lanes, Function: Activation>(
  _ lanes: L.Type, _ type: Function.Type, _ p: UnsafePointer<ActivationArguments>,
  _ outputGradient: UnsafePointer<Float>, past: Bool
) {
  let function = Function(p.pointee.options)
  let values = p.pointee.values
  let result = p.pointee.result
  let count = p.pointee.count
  var i = 0
  let turn = L.isPair ? L.count : 2 &* L.count
  while i &+ turn <= count {
    if past {
      prefetch(values + i + activationPrefetch)
      prefetch(outputGradient + i + activationPrefetch)
    }
    let v0 = L.load(values + i)
    let g0 = L.load(outputGradient + i)
    if L.isPair {
      L.store(function.gradient(lanes, v0, outputGradient: g0), result + i, past: past)
    } else {
      let v1 = L.load(values + i + L.count)
      let g1 = L.load(outputGradient + i + L.count)
      L.store(function.gradient(lanes, v0, outputGradient: g0), result + i, past: past)
      L.store(function.gradient(lanes, v1, outputGradient: g1), result + i + L.count, past: past)
    }
    i &+= turn
  }
  let (first, second) = (p.pointee.scratch, p.pointee.scratch + L.count)
  while i < count {
    let left = count &- i < L.count ? count &- i : L.count
    let isWhole = left == L.count
    if !isWhole {
      L.copy(values + i, first, first: left)
      L.copy(outputGradient + i, second, first: left)
    }
    let v = L.load(isWhole ? values + i : UnsafePointer(first))
    let g = L.load(isWhole ? outputGradient + i : UnsafePointer(second))
    L.store(function.gradient(lanes, v, outputGradient: g), isWhole ? result + i : first)
    if !isWhole { L.copy(first, result + i, first: left) }
    i &+= L.count
  }
}
