import KernelsISA

/// Scales and clamps gradients or other values: value ← min(max(value·scale, −limit), limit). NaN stays NaN.
///
/// With a limit of infinity this is PyTorch's `clip_grad_norm_` once the scale is known, with a scale of 1 its
/// `clip_grad_value_`. All levels give the same bits.
public enum GradientClip: KernelOperation {
  public static let name = "clip"
  public typealias Problem = ElementwiseProblem

  public struct Operands {
    /// Read and written.
    public var values: UnsafeMutablePointer<Float>
    public var scale: Float
    /// At least 0.
    public var limit: Float

    public init(values: UnsafeMutablePointer<Float>, scale: Float = 1, limit: Float = .infinity) {
      self.values = values
      self.scale = scale
      self.limit = limit
    }
  }

  public static let kernels: [Kernel<GradientClip>] = {
    let levels = Kernel<GradientClip>.levelRows(
      "elementwise", Levels.gradientClip, work: { Work(bytes: $0.count * 8) },
      run: { body, problem, parts, operands in
        Parallel.run(parts: parts) { part in
          let range = Parallel.range(part, of: parts, items: problem.count, granule: Elementwise.granule)
          var arguments = ClipArguments(
            values: operands.values + range.lowerBound, count: range.count, scale: operands.scale,
            limit: operands.limit)
          body(&arguments)
        }
      })
    let reference = Kernel<GradientClip>.reference { problem, operands in
      for i in 0..<problem.count {
        var value = operands.values[i] * operands.scale
        if value > operands.limit { value = operands.limit }
        if value < -operands.limit { value = -operands.limit }
        operands.values[i] = value
      }
    }
    return levels + [reference]
  }()
}

/// The arguments of the level functions of ``GradientClip``.
struct ClipArguments {
  /// Read and written.
  var values: UnsafeMutablePointer<Float>
  var count: Int
  var scale: Float
  /// The largest magnitude; infinity to scale only.
  var limit: Float
}

@inline(always)
func clip<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<ClipArguments>) {
  if p.pointee.limit == .infinity {
    clipAll(lanes, p, clamps: false)
  } else {
    clipAll(lanes, p, clamps: true)
  }
}

@inline(always)
private func clipAll<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<ClipArguments>, clamps: Bool) {
  let (values, count) = (p.pointee.values, p.pointee.count)
  let (scale, low, high) = (L.splat(p.pointee.scale), L.splat(-p.pointee.limit), L.splat(p.pointee.limit))
  var i = 0
  while i &+ L.count <= count {
    let scaled = L.load(values + i) * scale
    L.store(clamps ? clamped(lanes, scaled, low, high) : scaled, values + i)
    i &+= L.count
  }
  if i < count {
    let remaining = count &- i
    let scaled = L.load(UnsafePointer(values + i), first: remaining) * scale
    L.store(clamps ? clamped(lanes, scaled, low, high) : scaled, values + i, first: remaining)
  }
}

@inline(always)
private func clamped<L: Lanes>(
  _ lanes: L.Type, _ value: L.Vector, _ low: L.Vector, _ high: L.Vector
) -> L.Vector {
  let below = value.replacing(with: high, where: value .> high)
  return below.replacing(with: low, where: low .> below)
}
