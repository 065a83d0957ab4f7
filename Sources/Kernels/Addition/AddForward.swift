import KernelsISA

/// The sum of two arrays, with an activation if asked for. All levels give the same bits.
///
/// The gradients of both are the output's gradient, behind that of the activation where there is one. To add to an array,
/// let the output be its memory.
public enum AddForward: KernelOperation {
  public static let name = "add"

  public struct Problem: Sendable, Hashable {
    public var count: Int
    /// What becomes of the sums as they are stored; NaN stays.
    public var activation: FusedActivation?

    public init(count: Int, activation: FusedActivation? = nil) {
      self.count = count
      self.activation = activation
    }
  }

  /// The output may be the memory of `a` or of `b` (or of both), and no other part of them.
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
        let streams = Streaming.streams(problem.count, from: a, to: output) && b != UnsafePointer(output)
        Parallel.run(parts: parts) { part in
          let range = Parallel.range(part, of: parts, items: problem.count, granule: Elementwise.granule)
          let first = range.lowerBound
          var arguments = AdditionArguments(
            a: a + first, b: b + first, output: output + first, count: range.count,
            relu: problem.activation != nil,
            relu6: problem.activation == .relu6, streams: streams)
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
    sum.replacing(with: L.splat(0), where: L.splat(0) .>= sum)
  }
}

private enum ReLU6Sum: SumMap {
  @inline(always) static func apply<L: Lanes>(_ lanes: L.Type, _ sum: L.Vector) -> L.Vector {
    L.smaller(ReLUSum.apply(lanes, sum), L.splat(6))
  }
}

/// Elements from what is computed to what is asked for ahead where data comes from memory.
private let prefetch = 1024

struct AdditionArguments {
  var a: UnsafePointer<Float>
  var b: UnsafePointer<Float>
  /// May be the memory of a, or of b.
  var output: UnsafeMutablePointer<Float>
  var count: Int
  /// Negative sums become 0.
  var relu: Bool
  /// And what is above 6 becomes 6.
  var relu6: Bool
  /// The output is other memory, aligned for vectors, and is stored past the caches.
  var streams: Bool
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
  if p.pointee.streams {
    add(lanes, map, p, past: true)
    isa_stream_fence()
  } else {
    add(lanes, map, p, past: false)
  }
}

@inline(always)
private func add<L: Lanes, Map: SumMap>(
  _ lanes: L.Type, _ map: Map.Type, _ p: UnsafePointer<AdditionArguments>, past: Bool
) {
  let (a, b, output, count) = (p.pointee.a, p.pointee.b, p.pointee.output, p.pointee.count)
  var i = 0
  while i &+ 2 &* L.count <= count {
    if past {
      prefetch(a + i + prefetch)
      prefetch(b + i + prefetch)
      if L.count == 16 {
        prefetch(a + i + prefetch + L.count)
        prefetch(b + i + prefetch + L.count)
      }
    }
    let first = L.load(a + i) + L.load(b + i)
    let second = L.load(a + i + L.count) + L.load(b + i + L.count)
    L.store(Map.apply(lanes, first), output + i, past: past)
    L.store(Map.apply(lanes, second), output + i + L.count, past: past)
    i &+= 2 &* L.count
  }
  while i < count {
    let left = count &- i < L.count ? count &- i : L.count
    let sum = L.load(a + i, first: left) + L.load(b + i, first: left)
    L.store(Map.apply(lanes, sum), output + i, first: left)
    i &+= L.count
  }
}
