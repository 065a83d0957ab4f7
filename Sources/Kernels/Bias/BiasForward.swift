import KernelsISA

/// Images of several channels: `[batch, channels, plane]`, the plane being height × width, or 1 for plain features.
public struct ChannelsProblem: Sendable, Hashable {
  public var batch: Int
  public var channels: Int
  public var plane: Int

  public init(batch: Int, channels: Int, plane: Int) {
    self.batch = batch
    self.channels = channels
    self.plane = plane
  }

  var count: Int { batch * channels * plane }
}

extension KernelOperation where Problem == ChannelsProblem {
  /// - Throws: ``KernelError`` for negative sizes, and for more elements than can be addressed.
  public static func validate(_ problem: Problem) throws(KernelError) {
    let sizes = 0...Int(Int32.max)
    try require(name, "batch", problem.batch, in: sizes)
    try require(name, "channels", problem.channels, in: sizes)
    try require(name, "plane", problem.plane, in: sizes)
    _ = try product(name, problem.batch, problem.channels, problem.plane, MemoryLayout<Float>.stride)
  }
}

/// Adds its bias to each channel. All levels give the same bits.
public enum BiasForward: KernelOperation {
  public static let name = "bias"
  public typealias Problem = ChannelsProblem

  public struct Operands {
    /// `[batch, channels, plane]`
    public var input: UnsafePointer<Float>
    /// `[channels]`
    public var bias: UnsafePointer<Float>
    /// `[batch, channels, plane]`; may be exactly the input's memory, but not overlap it otherwise.
    public var output: UnsafeMutablePointer<Float>

    public init(input: UnsafePointer<Float>, bias: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
      self.input = input
      self.bias = bias
      self.output = output
    }
  }

  public static let kernels: [Kernel<BiasForward>] = {
    let levels = Kernel<BiasForward>.levelRows(
      "elementwise", Levels.biasForward, work: { Work(bytes: $0.count * 8, pieces: $0.batch) },
      run: { body, problem, parts, operands in
        let image = problem.channels * problem.plane
        let nonTemporal =
          problem.plane % 16 == 0
          && Streaming.streams(problem.batch * image, from: operands.input, to: operands.output)
        Parallel.run(parts: parts) { part in
          let range = Parallel.range(part, of: parts, items: problem.batch)
          var arguments = BiasArguments(
            input: operands.input + range.lowerBound * image, bias: operands.bias,
            output: operands.output + range.lowerBound * image, batch: range.count, channels: problem.channels,
            plane: problem.plane, nonTemporal: nonTemporal)
          body(&arguments)
        }
      })
    let reference = Kernel<BiasForward>.reference { problem, operands in
      for i in 0..<problem.batch * problem.channels * problem.plane {
        operands.output[i] = operands.input[i] + operands.bias[i / problem.plane % problem.channels]
      }
    }
    return levels + [reference]
  }()
}

/// The arguments of the level functions of ``BiasForward``.
struct BiasArguments {
  /// `[batch, channels, plane]`
  var input: UnsafePointer<Float>
  /// `[channels]`
  var bias: UnsafePointer<Float>
  /// `[batch, channels, plane]`; may be the input's memory.
  var output: UnsafeMutablePointer<Float>
  var batch: Int
  var channels: Int
  var plane: Int
  /// Whether the output is stored non-temporally: it is then other memory, and its planes are whole, aligned vectors.
  var nonTemporal: Bool
}

@inline(always)
func addBias<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<BiasArguments>) {
  if p.pointee.nonTemporal {
    addBias(lanes, p, nonTemporal: true)
    isa_stream_fence()
  } else {
    addBias(lanes, p, nonTemporal: false)
  }
}

@inline(always)
func addBias<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<BiasArguments>, nonTemporal: Bool) {
  let channels = p.pointee.channels
  let plane = p.pointee.plane
  let bias = p.pointee.bias
  var input = p.pointee.input
  var output = p.pointee.output
  var image = 0
  while image < p.pointee.batch {
    if plane == 1 {
      var i = 0
      while i &+ L.count <= channels {
        L.store(L.load(input + i) + L.load(bias + i), output + i)
        i &+= L.count
      }
      while i < channels {
        output[i] = input[i] + bias[i]
        i &+= 1
      }
      input += channels
      output += channels
    } else {
      var channel = 0
      while channel < channels {
        let term = bias[channel]
        var i = 0
        while i &+ L.count <= plane {
          L.store(L.load(input + i) + L.splat(term), output + i, nonTemporal: nonTemporal)
          i &+= L.count
        }
        while i < plane {
          output[i] = input[i] + term
          i &+= 1
        }
        input += plane
        output += plane
        channel &+= 1
      }
    }
    image &+= 1
  }
}
