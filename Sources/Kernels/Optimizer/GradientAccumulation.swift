import KernelsISA

/// Accumulates the gradients of several passes: sum = accumulated + gradients·scale. The product is rounded before it
/// is added, so all levels give the same bits.
public enum GradientAccumulation: KernelOperation {
  public static let name = "accumulation"
  public typealias Problem = ElementwiseProblem

  public struct Operands {
    /// The sum of the passes before; nil for the first pass.
    public var accumulated: UnsafePointer<Float>?
    public var gradients: UnsafePointer<Float>
    /// May be exactly the memory of `accumulated` or of the gradients, but not overlap either otherwise.
    public var sum: UnsafeMutablePointer<Float>
    public var scale: Float

    public init(
      accumulated: UnsafePointer<Float>?, gradients: UnsafePointer<Float>, sum: UnsafeMutablePointer<Float>,
      scale: Float = 1
    ) {
      self.accumulated = accumulated
      self.gradients = gradients
      self.sum = sum
      self.scale = scale
    }
  }

  public static let kernels: [Kernel<GradientAccumulation>] = {
    let levels = Kernel<GradientAccumulation>.levelRows(
      "elementwise", Levels.gradientAccumulation, work: { Work(bytes: $0.count * 12) },
      run: { body, problem, parts, operands in
        Parallel.run(parts: parts) { part in
          let range = Parallel.range(part, of: parts, items: problem.count, granule: Elementwise.granule)
          let first = range.lowerBound
          var arguments = AccumulationArguments(
            accumulated: operands.accumulated.map { $0 + first }, gradients: operands.gradients + first,
            sum: operands.sum + first, count: range.count, scale: operands.scale)
          body(&arguments)
        }
      })
    let reference = Kernel<GradientAccumulation>.reference { problem, operands in
      for i in 0..<problem.count {
        let scaled = operands.gradients[i] * operands.scale
        operands.sum[i] = operands.accumulated.map { $0[i] + scaled } ?? scaled
      }
    }
    return levels + [reference]
  }()
}

/// The arguments of the level functions of ``GradientAccumulation``.
struct AccumulationArguments {
  /// The sum of the passes before; nil for the first pass.
  var accumulated: UnsafePointer<Float>?
  var gradients: UnsafePointer<Float>
  /// May be the memory of `accumulated` or of the gradients.
  var sum: UnsafeMutablePointer<Float>
  var count: Int
  var scale: Float
}

@inline(always)
func accumulate<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<AccumulationArguments>) {
  if let accumulated = p.pointee.accumulated {
    accumulateAll(lanes, p, accumulated, adds: true)
  } else {
    accumulateAll(lanes, p, p.pointee.gradients, adds: false)
  }
}

@inline(always)
private func accumulateAll<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<AccumulationArguments>, _ accumulated: UnsafePointer<Float>, adds: Bool
) {
  let (gradients, sum, count) = (p.pointee.gradients, p.pointee.sum, p.pointee.count)
  let scale = L.splat(p.pointee.scale)
  var i = 0
  while i &+ L.count <= count {
    let scaled = L.load(gradients + i) * scale
    L.store(adds ? L.load(accumulated + i) + scaled : scaled, sum + i)
    i &+= L.count
  }
  if i < count {
    let remaining = count &- i
    let scaled = L.load(gradients + i, first: remaining) * scale
    L.store(adds ? L.load(accumulated + i, first: remaining) + scaled : scaled, sum + i, first: remaining)
  }
}
