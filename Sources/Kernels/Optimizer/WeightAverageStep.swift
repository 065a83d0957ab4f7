import KernelsISA

/// Values that follow others by a share of the way, as averages of weights do: average ← average + share·(value −
/// average). All levels give the same bits.
///
/// It is PyTorch's `lerp_`: from a share of a half on it is computed from the other end, as value − (1 − share)·(value −
/// average), so that a share of 1 gives the values themselves.
public enum WeightAverageStep: KernelOperation {
  public static let name = "average"

  public struct Problem: Sendable, Hashable {
    public var count: Int
    /// Whether the new averages are stored as the values, too.
    public var valuesFollow: Bool

    public init(count: Int, valuesFollow: Bool = false) {
      self.count = count
      self.valuesFollow = valuesFollow
    }
  }

  public struct Operands {
    /// Read and written.
    public var averages: UnsafeMutablePointer<Float>
    /// Read; written where the values follow.
    public var values: UnsafeMutablePointer<Float>
    /// Of the values in the new averages.
    public var share: Double

    public init(averages: UnsafeMutablePointer<Float>, values: UnsafeMutablePointer<Float>, share: Double) {
      self.averages = averages
      self.values = values
      self.share = share
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
            count: range.count, share: Float(operands.share), rest: Float(1 - operands.share),
            isNear: operands.share < 0.5, valuesFollow: problem.valuesFollow)
          body(&arguments)
        }
      })
    let reference = Kernel<WeightAverageStep>.reference { problem, operands in
      let (share, rest) = (Float(operands.share), Float(1 - operands.share))
      for i in 0..<problem.count {
        let (average, value) = (operands.averages[i], operands.values[i])
        let way = value - average
        operands.averages[i] = operands.share < 0.5 ? average + share * way : value - rest * way
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

/// averages = averages + share * (values - averages).
struct AverageArguments {
  var averages: UnsafeMutablePointer<Float>
  /// Written where they follow.
  var values: UnsafeMutablePointer<Float>
  var count: Int
  /// Of the values in the new averages.
  var share: Float
  /// 1 - share.
  var rest: Float
  /// Share is below a half.
  var isNear: Bool
  /// The new averages are stored as the values, too.
  var valuesFollow: Bool
}

@inline(always)
func average<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<AverageArguments>) {
  if p.pointee.isNear {
    if p.pointee.valuesFollow {
      averageAll(lanes, p, isNear: true, valuesFollow: true)
    } else {
      averageAll(lanes, p, isNear: true, valuesFollow: false)
    }
  } else if p.pointee.valuesFollow {
    averageAll(lanes, p, isNear: false, valuesFollow: true)
  } else {
    averageAll(lanes, p, isNear: false, valuesFollow: false)
  }
}

@inline(always)
private func averageAll<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<AverageArguments>, isNear: Bool, valuesFollow: Bool
) {
  let (averages, values, count) = (p.pointee.averages, p.pointee.values, p.pointee.count)
  let (share, rest) = (L.splat(p.pointee.share), L.splat(p.pointee.rest))
  var i = 0
  while i &+ L.count <= count {
    let (old, value) = (L.load(averages + i), L.load(values + i))
    let way = value - old
    let new = isNear ? old + share * way : value - rest * way
    L.store(new, averages + i)
    if valuesFollow { L.store(new, values + i) }
    i &+= L.count
  }
  if i < count {
    let left = count &- i
    let old = L.load(UnsafePointer(averages + i), first: left)
    let value = L.load(UnsafePointer(values + i), first: left)
    let way = value - old
    let new = isNear ? old + share * way : value - rest * way
    L.store(new, averages + i, first: left)
    if valuesFollow { L.store(new, values + i, first: left) }
  }
}
