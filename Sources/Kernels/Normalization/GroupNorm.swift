import ISA

/// Images whose channels are normalised group by group: `[batch, groups · channels, plane]`. The rows that are normalised,
/// one for each group of each image, lie one after another.
///
/// Layer normalisation of n values is the same with one group of n channels, the plane being 1: each value has a weight
/// of its own.
public struct GroupNormProblem: Sendable, Hashable {
  public var batch: Int
  public var groups: Int
  /// Channels of a group.
  public var channels: Int
  public var plane: Int
  /// Added to the variance, so that a constant row becomes 0.
  public var epsilon: Float
  /// Whether negative outputs become 0 (NaN stays), and the backward pass begins with that of ReLU.
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

/// The weights and biases of each place in an image, for planes that are smaller than a vector: where a vector of them
/// can't be read from memory as it is, they are written down.
struct PlaceWeights {
  let weights: UnsafePointer<Float>
  let biases: UnsafePointer<Float>

  /// Bytes of scratch memory for one thread.
  static func byteCount(_ problem: GroupNormProblem) -> Int {
    let count = problem.plane < 16 ? 2 * padded(problem.groups * problem.rowCount) : 0
    return cacheLines(count * MemoryLayout<Float>.stride)
  }

  /// Of kernels that write them down: nil where they are too many.
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
    let (ones, zeros) = (scratch, scratch + PlaceWeights.padded(count))
    if plane == 1, let weight {
      weights = weight
    } else {
      PlaceWeights.spread(weight, none: 1, channels: channels, plane: plane, to: ones)
      weights = UnsafePointer(ones)
    }
    if plane == 1, let bias {
      biases = bias
    } else {
      PlaceWeights.spread(bias, none: 0, channels: channels, plane: plane, to: zeros)
      biases = UnsafePointer(zeros)
    }
  }

  /// Gives the value of each channel, from a first one on, to all of its places.
  @inline(always)
  static func spread(
    _ values: UnsafePointer<Float>?, from first: Int = 0, none: Float, channels: Int, plane: Int,
    to places: UnsafeMutablePointer<Float>
  ) {
    var place = 0
    var channel = 0
    while channel < channels {
      let v = value(values, first &+ channel, none)
      let end = place &+ plane
      while place < end {
        places[place] = v
        place &+= 1
      }
      channel &+= 1
    }
  }
}
