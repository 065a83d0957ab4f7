import KernelsISA

/// Independent accumulators: enough to cover the latency of two fused multiply-adds a cycle, few enough for 16 registers.
let peakChains = 12

struct PeakArguments {
  /// Of 24 chains × one vector FMA.
  var iterations: Int
  /// One vector: keeps the work alive.
  var sink: UnsafeMutablePointer<Float>
}

@inline(__always)
func peak<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<PeakArguments>) {
  var sums = InlineArray<12, L.Vector>(repeating: L.splat(0))
  let a = L.splat(p.pointee.sink[0])
  let b = L.splat(0.5)
  var i = p.pointee.iterations
  while i > 0 {
    for chain in 0..<12 { sums[chain] = L.multiplyAdd(a, b, sums[chain]) }
    i &-= 1
  }
  var total = sums[0]
  for chain in 1..<12 { total += sums[chain] }
  L.store(total, p.pointee.sink)
}
