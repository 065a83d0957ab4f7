import KernelsISA

/// A running average of weights: average ← average + fraction·(value − average). All levels give the same bits.
///
/// As in PyTorch's `lerp_`, a fraction of at least ½ is computed from the other end, as value − (1 − fraction)·(value −
/// average), so that a fraction of 1 gives the values themselves.
public enum WeightAverageStep: KernelOperation {
  public static let name = "average"

  public struct Problem: Sendable, Hashable {
    public var count: Int
    /// Whether the new averages overwrite the values, too.
    public var valuesFollow: Bool

    public init(count: Int, valuesFollow: Bool = false) {
      self.count = count
      self.valuesFollow = valuesFollow
    }
  }

  public struct Operands {
    /// Read and written.
    public var averages: UnsafeMutablePointer<Float>
    /// Read; also written with `valuesFollow`.
    public var values: UnsafeMutablePointer<Float>
    /// The weight of the values in the new averages, 0 to 1.
    public var fraction: Double

    public init(averages: UnsafeMutablePointer<Float>, values: UnsafeMutablePointer<Float>, fraction: Double) {
      self.averages = averages
      self.values = values
      self.fraction = fraction
    }
  }

  public static let kernels: [Kernel<WeightAverageStep>] = {
    let levels = Kernel<WeightAverageStep>.levelRows(
      "elementwise", Levels.weightAverage, work: { Work(bytes: $0.count * ($0.valuesFollow ? 16 : 12)) },
      run: { body, problem, parts, operands in
        Parallel.run(parts: parts) { part in
          let range = Parallel.range(part, of: parts, items: problem.count, granule: Elementwise.granule)
          var arguments = AverageArguments(
            averages: operands.averages + range.lowerBound, values: operands.values + range.lowerBound,
            count: range.count, fraction: Float(operands.fraction), oneMinusFraction: Float(1 - operands.fraction),
            isBelowHalf: operands.fraction < 0.5, valuesFollow: problem.valuesFollow)
          body(&arguments)
        }
      })
    let reference = Kernel<WeightAverageStep>.reference { problem, operands in
      let (fraction, oneMinusFraction) = (Float(operands.fraction), Float(1 - operands.fraction))
      for i in 0..<problem.count {
        let (average, value) = (operands.averages[i], operands.values[i])
        let difference = value - average
        operands.averages[i] =
          operands.fraction < 0.5 ? average + fraction * difference : value - oneMinusFraction * difference
        if problem.valuesFollow { operands.values[i] = operands.averages[i] }
      }
    }
    return levels + [reference]
  }()

  /// - Throws: ``KernelError`` when the count is negative or cannot be addressed.
  public static func validate(_ problem: Problem) throws(KernelError) {
    try require(name, "count", problem.count, in: 0...Int.max)
    _ = try product(name, problem.count, MemoryLayout<Float>.stride)
  }
}

/// The arguments of the level functions of ``WeightAverageStep``.
struct AverageArguments {
  /// Read and written.
  var averages: UnsafeMutablePointer<Float>
  /// Read; also written with `valuesFollow`.
  var values: UnsafeMutablePointer<Float>
  var count: Int
  /// The weight of the values in the new averages.
  var fraction: Float
  var oneMinusFraction: Float
  /// Whether the fraction is below ½.
  var isBelowHalf: Bool
  /// Whether the new averages overwrite the values, too.
  var valuesFollow: Bool
}

@inline(always)
func average<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<AverageArguments>) {
  if p.pointee.isBelowHalf {
    if p.pointee.valuesFollow {
      averageAll(lanes, p, isBelowHalf: true, valuesFollow: true)
    } else {
      averageAll(lanes, p, isBelowHalf: true, valuesFollow: false)
    }
  } else if p.pointee.valuesFollow {
    averageAll(lanes, p, isBelowHalf: false, valuesFollow: true)
  } else {
    averageAll(lanes, p, isBelowHalf: false, valuesFollow: false)
  }
}

@inline(always)
private func averageAll<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<AverageArguments>, isBelowHalf: Bool, valuesFollow: Bool
) {
  let (averages, values, count) = (p.pointee.averages, p.pointee.values, p.pointee.count)
  let (fraction, oneMinusFraction) = (L.splat(p.pointee.fraction), L.splat(p.pointee.oneMinusFraction))
  var i = 0
  while i &+ L.count <= count {
    let (old, value) = (L.load(averages + i), L.load(values + i))
    let difference = value - old
    let new = isBelowHalf ? old + fraction * difference : value - oneMinusFraction * difference
    L.store(new, averages + i)
    if valuesFollow { L.store(new, values + i) }
    i &+= L.count
  }
  if i < count {
    let remaining = count &- i
    let old = L.load(UnsafePointer(averages + i), first: remaining)
    let value = L.load(UnsafePointer(values + i), first: remaining)
    let difference = value - old
    let new = isBelowHalf ? old + fraction * difference : value - oneMinusFraction * difference
    L.store(new, averages + i, first: remaining)
    if valuesFollow { L.store(new, values + i, first: remaining) }
  }
}
