import KernelsISA

/// Dropout: y = x / (1 - p) with probability 1 - p, else y = 0·x; a NaN or an infinity that is dropped becomes NaN, as
/// in PyTorch. Whether a value is kept depends only on the key and the value's index, so all levels and numbers of
/// threads give the same bits. The backward pass is the same operation on the gradient, with the key of the forward
/// pass.
///
/// Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting, 2014. The random numbers are
/// those of `DropoutDraw`.
public enum DropoutForward: KernelOperation {
  public static let name = "dropout"

  public struct Problem: Sendable, Hashable {
    /// The number of values.
    public var count: Int
    /// The number of neighbours that share one draw: 1, or a divisor of the count, such as the size of a channel's
    /// plane.
    public var sharing: Int
    /// The probability that a value is dropped; rounded to 31 binary digits.
    public var probability: Double

    public init(count: Int, sharing: Int = 1, probability: Double) {
      self.count = count
      self.sharing = sharing
      self.probability = probability
    }

    /// The factor of the values that are kept.
    public var scale: Float { probability < 1 ? Float(1 / (1 - probability)) : 0 }

    /// The largest draw, of 31 bits, that keeps its values; -1 where none does.
    var limit: Int32 { Int32(((1 - probability) * 0x1p31).rounded() - 1) }
  }

  public struct Operands {
    public var input: UnsafePointer<Float>
    /// May be exactly the input's memory, but not overlap it otherwise.
    public var output: UnsafeMutablePointer<Float>
    /// The seed of the random numbers.
    public var key: UInt64

    public init(input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, key: UInt64) {
      self.input = input
      self.output = output
      self.key = key
    }
  }

  /// - Throws: ``KernelError`` for a negative count, one that cannot be addressed or is no multiple of `sharing`, and
  ///   for a probability outside 0 to 1.
  public static func validate(_ problem: Problem) throws(KernelError) {
    try require(name, "count", problem.count, in: 0...Int.max)
    _ = try product(name, problem.count, MemoryLayout<Float>.stride)
    try require(name, "sharing", problem.sharing, in: 1...Int.max)
    guard problem.count % problem.sharing == 0 else {
      throw .invalidParameter(
        operation: name, parameter: "sharing", value: "\(problem.sharing)", expected: "a divisor of \(problem.count)")
    }
    guard 0...1 ~= problem.probability else {
      throw .invalidParameter(
        operation: name, parameter: "probability", value: "\(problem.probability)", expected: "0 to 1")
    }
  }

  public static let kernels: [Kernel<DropoutForward>] = {
    let levels = Kernel<DropoutForward>.levelRows(
      "elementwise", Levels.dropout,
      work: {
        Work(
          multiplyAdds: $0.count * 8, bytes: $0.count * 8, pieces: $0.sharing == 1 ? Int.max : $0.count / $0.sharing)
      }, run: runParts)
    let reference = Kernel<DropoutForward>.reference { problem, operands in
      for i in 0..<problem.count {
        let number = i / problem.sharing
        let draw = DropoutDraw(key: operands.key, block: number >> 32)
        let isKept = draw(UInt32(truncatingIfNeeded: number)) <= problem.limit
        operands.output[i] = operands.input[i] * (isKept ? problem.scale : 0)
      }
    }
    return levels + [reference]
  }()

  /// Splits the draws among the threads, and each thread's range where the high 32 bits of the draws' numbers change.
  @Sendable
  private static func runParts(
    _ body: LevelFunction<DropoutArguments>, _ problem: Problem, _ parts: Int, _ operands: Operands
  ) {
    let sharing = problem.sharing
    let nonTemporal =
      (sharing == 1 || sharing % 16 == 0)
      && Streaming.streams(problem.count, from: operands.input, to: operands.output)
    Parallel.run(parts: parts) { part in
      let range = Parallel.range(
        part, of: parts, items: problem.count / sharing, granule: sharing == 1 ? Elementwise.granule : 1)
      var first = range.lowerBound
      while first < range.upperBound {
        let block = first >> 32
        let last = min(range.upperBound, (block + 1) << 32)
        let draw = DropoutDraw(key: operands.key, block: block)
        var arguments = DropoutArguments(
          input: operands.input + first * sharing, output: operands.output + first * sharing,
          count: (last - first) * sharing, sharing: sharing, first: Int32(truncatingIfNeeded: first),
          firstKey: Int32(bitPattern: draw.firstKey), secondKey: Int32(bitPattern: draw.secondKey),
          limit: problem.limit, scale: problem.scale, nonTemporal: nonTemporal)
        body(&arguments)
        first = last
      }
    }
  }
}

/// The prefetch distance, in elements, where data comes from memory.
private let prefetchDistance = 1024

/// The arguments of the level functions of ``DropoutForward``.
struct DropoutArguments {
  var input: UnsafePointer<Float>
  /// May be the input's memory.
  var output: UnsafeMutablePointer<Float>
  var count: Int
  /// The number of neighbours that share one draw: 1, or a divisor of the count.
  var sharing: Int
  /// The low 32 bits of the first draw's number; the high bits are mixed into the keys.
  var first: Int32
  /// The key that is added before the first round of the hash.
  var firstKey: Int32
  /// The key that is added between the two rounds.
  var secondKey: Int32
  /// The largest draw, of 31 bits, that keeps its values.
  var limit: Int32
  /// The factor of the values that are kept.
  var scale: Float
  /// Whether the output is stored non-temporally: it is then other memory, aligned for vectors.
  var nonTemporal: Bool
}

@inline(always)
func drop<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<DropoutArguments>) {
  if p.pointee.sharing > 1 {
    dropRuns(lanes, p)
  } else if p.pointee.nonTemporal {
    dropValues(lanes, p, nonTemporal: true)
    isa_stream_fence()
  } else {
    dropValues(lanes, p, nonTemporal: false)
  }
}

@inline(always)
private func dropValues<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<DropoutArguments>, nonTemporal: Bool) {
  let (input, output, count) = (p.pointee.input, p.pointee.output, p.pointee.count)
  let draw = VectorDraw<L>(p)
  var numbers: L.Bits = L.Bits(repeating: p.pointee.first)
  for lane in 0..<L.count { numbers[lane] = p.pointee.first &+ Int32(truncatingIfNeeded: lane) }
  let step = L.Bits(repeating: Int32(truncatingIfNeeded: L.count))
  var i = 0
  while i &+ L.count <= count {
    if nonTemporal { prefetch(input + i + prefetchDistance) }
    L.store(L.load(input + i) * draw.factor(numbers), output + i, nonTemporal: nonTemporal)
    numbers = numbers &+ step
    i &+= L.count
  }
  if i < count {
    scaleLast(lanes, input + i, by: draw.factor(numbers), into: output + i, count: count &- i)
  }
}

@inline(always)
private func dropRuns<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<DropoutArguments>) {
  let sharing = p.pointee.sharing
  let draw = VectorDraw<L>(p)
  var start = 0
  var number = p.pointee.first
  while start < p.pointee.count {
    let factor = draw.factor(L.Bits(repeating: number))
    let (input, output) = (p.pointee.input + start, p.pointee.output + start)
    var i = 0
    if p.pointee.nonTemporal {
      while i &+ L.count <= sharing {
        prefetch(input + i + prefetchDistance)
        L.stream(L.load(input + i) * factor, output + i)
        i &+= L.count
      }
    } else {
      while i &+ L.count <= sharing {
        L.store(L.load(input + i) * factor, output + i)
        i &+= L.count
      }
    }
    if i < sharing {
      scaleLast(lanes, input + i, by: factor, into: output + i, count: sharing &- i)
    }
    start &+= sharing
    number = number &+ 1
  }
  isa_stream_fence()
}

/// output = input·factor for fewer values than a vector has lanes.
@inline(always)
private func scaleLast<L: Lanes>(
  _ lanes: L.Type, _ input: UnsafePointer<Float>, by factor: L.Vector, into output: UnsafeMutablePointer<Float>,
  count: Int
) {
  L.store(L.load(input, first: count) * factor, output, first: count)
}
