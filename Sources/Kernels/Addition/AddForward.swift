import KernelsISA

/// The sum of two arrays, with an optional fused activation. All levels give the same bits.
///
/// The gradient of both arrays is the output gradient, after the activation's backward pass if there is one. To add to
/// an array in place, let the output be its memory.
public enum AddForward: KernelOperation {
  public static let name = "add"

  public struct Problem: Sendable, Hashable {
    public var count: Int
    /// The activation that is applied to the sums; NaN stays NaN.
    public var activation: FusedActivation?

    public init(count: Int, activation: FusedActivation? = nil) {
      self.count = count
      self.activation = activation
    }
  }

  /// The output may be exactly the memory of `a`, of `b` or of both, but not overlap them otherwise.
  public struct Operands {
    public var a: UnsafePointer<Float>
    public var b: UnsafePointer<Float>
    public var output: UnsafeMutablePointer<Float>

    public init(a: UnsafePointer<Float>, b: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
      self.a = a
      self.b = b
      self.output = output
    }
  }

  /// - Throws: ``KernelError`` when the count is negative or cannot be addressed.
  public static func validate(_ problem: Problem) throws(KernelError) {
    try require(name, "count", problem.count, in: 0...Int.max)
    _ = try product(name, problem.count, MemoryLayout<Float>.stride)
  }

  public static let kernels: [Kernel<AddForward>] = {
    let levels = Kernel<AddForward>.levelRows(
      "elementwise", Levels.addForward, work: { Work(bytes: $0.count * 12) },
      run: { body, problem, parts, operands in
        let (a, b, output) = (operands.a, operands.b, operands.output)
        let nonTemporal = Streaming.streams(problem.count, from: a, to: output) && b != UnsafePointer(output)
        Parallel.run(parts: parts) { part in
          let range = Parallel.range(part, of: parts, items: problem.count, granule: Elementwise.granule)
          let first = range.lowerBound
          var arguments = AdditionArguments(
            a: a + first, b: b + first, output: output + first, count: range.count,
            relu: problem.activation != nil,
            relu6: problem.activation == .relu6, nonTemporal: nonTemporal)
          body(&arguments)
        }
      })
    let reference = Kernel<AddForward>.reference { problem, operands in
      for i in 0..<problem.count {
        let sum = operands.a[i] + operands.b[i]
        operands.output[i] = problem.activation != nil && sum <= 0 ? 0 : problem.activation.limit(sum)
      }
    }
    return levels + [reference]
  }()
}

/// A function of the sum of two values.
private protocol SumMap {
  static func apply<L: Lanes>(_ lanes: L.Type, _ sum: L.Vector) -> L.Vector
}

private enum PlainSum: SumMap {
  @inline(always) static func apply<L: Lanes>(_ lanes: L.Type, _ sum: L.Vector) -> L.Vector { sum }
}

private enum ReLUSum: SumMap {
  @inline(always) static func apply<L: Lanes>(_ lanes: L.Type, _ sum: L.Vector) -> L.Vector {
    L.raised(sum, to: L.splat(0))
  }
}

private enum ReLU6Sum: SumMap {
  @inline(always) static func apply<L: Lanes>(_ lanes: L.Type, _ sum: L.Vector) -> L.Vector {
    L.smaller(ReLUSum.apply(lanes, sum), L.splat(6))
  }
}

/// The prefetch distance, in elements, where data comes from memory.
private let prefetchDistance = 1024

/// The arguments of the level functions of ``AddForward``.
struct AdditionArguments {
  var a: UnsafePointer<Float>
  var b: UnsafePointer<Float>
  /// May be the memory of `a` or of `b`.
  var output: UnsafeMutablePointer<Float>
  var count: Int
  /// Whether negative sums become 0.
  var relu: Bool
  /// Whether sums are also limited to 6.
  var relu6: Bool
  /// Whether the output is stored non-temporally: it is then other memory, aligned for vectors.
  var nonTemporal: Bool
}

@inline(always)
func add<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<AdditionArguments>) {
  if p.pointee.relu6 {
    add(lanes, ReLU6Sum.self, p)
  } else if p.pointee.relu {
    add(lanes, ReLUSum.self, p)
  } else {
    add(lanes, PlainSum.self, p)
  }
}

@inline(always)
private func add<L: Lanes, Map: SumMap>(
  _ lanes: L.Type, _ map: Map.Type, _ p: UnsafePointer<AdditionArguments>
) {
  if p.pointee.nonTemporal {
    add(lanes, map, p, nonTemporal: true)
    isa_stream_fence()
  } else {
    add(lanes, map, p, nonTemporal: false)
  }
}

@inline(always)
private func add<L: Lanes, Map: SumMap>(
  _ lanes: L.Type, _ map: Map.Type, _ p: UnsafePointer<AdditionArguments>, nonTemporal: Bool
) {
  let (a, b, output, count) = (p.pointee.a, p.pointee.b, p.pointee.output, p.pointee.count)
  var i = 0
  while i &+ 2 &* L.count <= count {
    if nonTemporal {
      prefetch(a + i + prefetchDistance)
      prefetch(b + i + prefetchDistance)
      if L.count == 16 {
        prefetch(a + i + prefetchDistance + L.count)
        prefetch(b + i + prefetchDistance + L.count)
      }
    }
    let first = L.load(a + i) + L.load(b + i)
    let second = L.load(a + i + L.count) + L.load(b + i + L.count)
    L.store(Map.apply(lanes, first), output + i, nonTemporal: nonTemporal)
    L.store(Map.apply(lanes, second), output + i + L.count, nonTemporal: nonTemporal)
    i &+= 2 &* L.count
  }
  while i < count {
    let remaining = count &- i < L.count ? count &- i : L.count
    let sum = L.load(a + i, first: remaining) + L.load(b + i, first: remaining)
    L.store(Map.apply(lanes, sum), output + i, first: remaining)
    i &+= L.count
  }
}
