import KernelsISA

/// Images whose channels are normalised group by group: `[batch, groups · channels, plane]`. The rows that are normalised,
/// one for each group of each image, lie one after another.
///
/// Layer normalisation of n values is group normalisation with one group of n channels and planes of one pixel: each value has
/// its own weight.
public struct GroupNormProblem: Sendable, Hashable {
  public var batch: Int
  public var groups: Int
  /// Channels of a group.
  public var channels: Int
  /// Pixels of a channel.
  public var plane: Int
  /// Added to the variance, so that a constant row becomes 0.
  public var epsilon: Float
  /// Whether ReLU follows: negative outputs become 0 and NaN stays; the backward pass begins with ReLU's gradient.
  public var relu: Bool

  public init(batch: Int, groups: Int, channels: Int, plane: Int, epsilon: Float = 1e-5, relu: Bool = false) {
    self.batch = batch
    self.groups = groups
    self.channels = channels
    self.plane = plane
    self.epsilon = epsilon
    self.relu = relu
  }

  var rows: Int { batch * groups }
  /// Values of a row.
  var rowCount: Int { channels * plane }
  var count: Int { rows * rowCount }
}

extension KernelOperation where Problem == GroupNormProblem {
  /// - Throws: ``KernelError`` for negative sizes, more elements than can be addressed, and an epsilon that is negative
  ///   or not finite.
  public static func validate(_ problem: Problem) throws(KernelError) {
    let sizes = 0...Int(Int32.max)
    try require(name, "batch", problem.batch, in: sizes)
    try require(name, "groups", problem.groups, in: sizes)
    try require(name, "channels", problem.channels, in: sizes)
    try require(name, "plane", problem.plane, in: sizes)
    _ = try product(
      name, problem.batch, problem.groups, problem.channels, problem.plane, MemoryLayout<Float>.stride)
    _ = try product(name, problem.groups, problem.channels, MemoryLayout<Float>.stride)
    try requireEpsilon(name, problem.epsilon)
  }
}

/// The weight and bias of each element of an image, for planes that are smaller than a vector. They are written to scratch
/// memory, a copy for each pixel of a channel, unless a plane is one pixel.
struct PixelWeights {
  /// `[groups · channels, plane]`
  let weights: UnsafePointer<Float>
  /// `[groups · channels, plane]`
  let biases: UnsafePointer<Float>

  /// Bytes of scratch memory for one thread.
  static func byteCount(_ problem: GroupNormProblem) -> Int {
    let count = problem.plane < 16 ? 2 * padded(problem.groups * problem.rowCount) : 0
    return cacheLines(count * MemoryLayout<Float>.stride)
  }

  /// The cost of a kernel that needs them: nil where they exceed the workspace.
  @Sendable
  static func cost(_ problem: GroupNormProblem, _ machine: Machine) -> Double? {
    Workspace.cost(ifFits: byteCount(problem))
  }

  @inline(always) private static func padded(_ count: Int) -> Int { (count &+ 31) & ~15 }

  @inline(always)
  init(
    weight: UnsafePointer<Float>?, bias: UnsafePointer<Float>?, channels: Int, plane: Int,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let count = channels &* plane
    let (ones, zeros) = (scratch, scratch + PixelWeights.padded(count))
    if plane == 1, let weight {
      weights = weight
    } else {
      PixelWeights.spread(weight, none: 1, channels: channels, plane: plane, to: ones)
      weights = UnsafePointer(ones)
    }
    if plane == 1, let bias {
      biases = bias
    } else {
      PixelWeights.spread(bias, none: 0, channels: channels, plane: plane, to: zeros)
      biases = UnsafePointer(zeros)
    }
  }

  /// Copies the value of each channel, from channel `first` on, to all of its pixels.
  @inline(always)
  static func spread(
    _ values: UnsafePointer<Float>?, from first: Int = 0, none: Float, channels: Int, plane: Int,
    to pixels: UnsafeMutablePointer<Float>
  ) {
    var pixel = 0
    var channel = 0
    while channel < channels {
      let v = value(values, first &+ channel, none)
      let end = pixel &+ plane
      while pixel < end {
        pixels[pixel] = v
        pixel &+= 1
      }
      channel &+= 1
    }
  }
}
