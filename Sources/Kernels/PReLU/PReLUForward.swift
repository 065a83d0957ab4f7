import KernelsISA

/// x > 0 ? x : slope·x with a slope for each channel; all levels give the same bits.
///
/// For one slope for all channels, take one channel whose planes are whole images. He, Zhang, Ren, Sun, Delving Deep into
/// Rectifiers, 2015.
public enum PReLUForward: KernelOperation {
  public static let name = "prelu"
  public typealias Problem = ChannelsProblem

  public struct Operands {
    /// `[batch, channels, plane]`
    public var input: UnsafePointer<Float>
    /// The slopes for negative values, `[channels]`.
    public var weight: UnsafePointer<Float>
    /// `[batch, channels, plane]`; may be the input's memory, but must not overlap it otherwise.
    public var output: UnsafeMutablePointer<Float>

    public init(input: UnsafePointer<Float>, weight: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
      self.input = input
      self.weight = weight
      self.output = output
    }
  }

  /// `elementwise`: a vector holds neighbouring elements, pixels of a channel or the channels of an image of one pixel.
  public static let kernels: [Kernel<PReLUForward>] = {
    let levels = Kernel<PReLUForward>.levelRows(
      "elementwise", Levels.preluForward, work: { Work(bytes: $0.count * 8, pieces: pieces($0)) },
      run: { body, problem, parts, operands in
        let nonTemporal =
          problem.plane % 16 == 0 && Streaming.streams(problem.count, from: operands.input, to: operands.output)
        Parallel.run(parts: parts) { part in
          let range = Parallel.range(part, of: parts, items: pieces(problem))
          var arguments = PReLUArguments(
            input: operands.input, weight: operands.weight, output: operands.output, first: range.lowerBound,
            count: range.count, channels: problem.channels, plane: problem.plane, nonTemporal: nonTemporal)
          body(&arguments)
        }
      })
    let reference = Kernel<PReLUForward>.reference { problem, operands in
      for i in 0..<problem.count {
        let x = operands.input[i]
        operands.output[i] = x > 0 ? x : x * operands.weight[i / problem.plane % problem.channels]
      }
    }
    return levels + [reference]
  }()

  /// The number of planes, or of images if a plane is one pixel.
  private static func pieces(_ problem: Problem) -> Int {
    problem.plane == 1 ? problem.batch : problem.batch * problem.channels
  }
}

/// The arguments of ``preluForward(_:_:)``; arrays as in ``PReLUForward/Operands``.
struct PReLUArguments {
  var input: UnsafePointer<Float>
  /// `[channels]`: the slopes.
  var weight: UnsafePointer<Float>
  /// The input's shape; may be the input's memory.
  var output: UnsafeMutablePointer<Float>
  /// The first plane to compute, counted over all images; the first image if a plane is one pixel.
  var first: Int
  /// The number of planes, or of images, to compute.
  var count: Int
  var channels: Int
  /// Pixels of a channel.
  var plane: Int
  /// Whether planes of the output are whole, aligned vectors, not in the input's memory, that are stored with non-temporal
  /// stores.
  var nonTemporal: Bool
}

@inline(always)
func preluForward<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<PReLUArguments>) {
  if p.pointee.nonTemporal {
    planes(lanes, p, nonTemporal: true)
    isa_stream_fence()
  } else if p.pointee.plane == 1 {
    columns(lanes, p)
  } else {
    planes(lanes, p, nonTemporal: false)
  }
}

@inline(always)
private func apply<L: Lanes>(_ lanes: L.Type, _ x: L.Vector, _ slope: L.Vector) -> L.Vector {
  (x * slope).replacing(with: x, where: x .> L.splat(0))
}

/// Planes of several pixels, one after the other.
@inline(always)
private func planes<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<PReLUArguments>, nonTemporal: Bool) {
  let plane = p.pointee.plane
  if plane == 0 || p.pointee.count == 0 { return }
  var input = p.pointee.input + p.pointee.first &* plane
  var output = p.pointee.output + p.pointee.first &* plane
  var channel = p.pointee.first % p.pointee.channels
  var left = p.pointee.count
  while left > 0 {
    let slope = p.pointee.weight[channel]
    var i = 0
    while i &+ L.count <= plane {
      L.store(apply(lanes, L.load(input + i), L.splat(slope)), output + i, nonTemporal: nonTemporal)
      i &+= L.count
    }
    while i < plane {
      let x = input[i]
      output[i] = x > 0 ? x : x * slope
      i &+= 1
    }
    input += plane
    output += plane
    channel &+= 1
    if channel == p.pointee.channels { channel = 0 }
    left &-= 1
  }
}

/// Planes of one pixel: a vector holds neighbouring channels of an image.
@inline(always)
private func columns<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<PReLUArguments>) {
  let channels = p.pointee.channels
  let weight = p.pointee.weight
  var input = p.pointee.input + p.pointee.first &* channels
  var output = p.pointee.output + p.pointee.first &* channels
  var left = p.pointee.count
  while left > 0 {
    var i = 0
    while i &+ L.count <= channels {
      L.store(apply(lanes, L.load(input + i), L.load(weight + i)), output + i)
      i &+= L.count
    }
    while i < channels {
      let x = input[i]
      output[i] = x > 0 ? x : x * weight[i]
      i &+= 1
    }
    input += channels
    output += channels
    left &-= 1
  }
}
