import KernelsISA

/// A loss of a vector of outputs and their targets, and its derivative by the outputs.
protocol ElementLoss {
  /// - Parameters:
  ///   - positive: the weights of positive targets.
  ///   - threshold: the first parameter of the loss.
  ///   - slope: the second parameter of the loss.
  static func evaluate<L: Lanes>(
    _ lanes: L.Type, output x: L.Vector, target y: L.Vector, positive: L.Vector, threshold: L.Vector, slope: L.Vector
  ) -> (value: L.Vector, derivative: L.Vector)
}

/// The arguments of ``elementLosses(_:_:_:)``: a run of chunks, which are pieces of rows; the last chunk of a row is shorter.
struct ElementLossArguments {
  /// The outputs of the chunks, `count` elements.
  var outputs: UnsafePointer<Float>
  /// The targets of the chunks, `count` elements.
  var targets: UnsafePointer<Float>
  /// The weights of the chunks, `count` elements, or of the columns, `[columns]`; nil for 1.
  var weights: UnsafePointer<Float>?
  /// The weights of positive targets, `[columns]`; nil for 1.
  var positiveWeights: UnsafePointer<Float>?
  /// The losses of the chunks, `count` elements; nil if not wanted.
  var losses: UnsafeMutablePointer<Float>?
  /// The gradients of the chunks, `count` elements; nil if not wanted.
  var gradients: UnsafeMutablePointer<Float>?
  /// The sum of the losses of each chunk, `[chunks]`.
  var sums: UnsafeMutablePointer<Float>
  var chunks: Int
  /// Elements of a chunk but the last of a row, a multiple of 16.
  var chunkSize: Int
  /// The column of the first chunk's first element.
  var firstColumn: Int
  /// Elements of a row.
  var columns: Int
  /// Elements of all chunks.
  var count: Int
  /// Whether `weights` has a value for each element, not for each column.
  var hasElementWeights: Bool
  /// Whether the gradients are whole, aligned vectors that are stored with non-temporal stores.
  var nonTemporal: Bool
  /// The factor of the gradients.
  var gradientScale: Float
  /// The first parameter of the loss.
  var threshold: Float
  /// The second parameter of the loss.
  var slope: Float
  /// Scratch memory of five vectors.
  var scratch: UnsafeMutablePointer<Float>
}

/// Losses, gradients and sums of a run of chunks.
@inline(always)
func elementLosses<L: Lanes, Loss: ElementLoss>(
  _ lanes: L.Type, _ loss: Loss.Type, _ p: UnsafePointer<ElementLossArguments>
) {
  if p.pointee.nonTemporal {
    elementLosses(lanes, loss, p, nonTemporal: true)
    isa_stream_fence()
  } else {
    elementLosses(lanes, loss, p, nonTemporal: false)
  }
}

/// The last vector of a row extends into the next row, which is computed later. The run's last elements, whose excess would
/// leave the arrays, go through scratch memory.
@inline(always)
private func elementLosses<L: Lanes, Loss: ElementLoss>(
  _ lanes: L.Type, _ loss: Loss.Type, _ p: UnsafePointer<ElementLossArguments>, nonTemporal: Bool
) {
  let columns = p.pointee.columns
  let (outputs, targets) = (p.pointee.outputs, p.pointee.targets)
  // Local constants, so that the optimiser can specialise the loop for the operands that are given.
  let (positiveWeights, elementWeights) = (p.pointee.positiveWeights, p.pointee.weights)
  let hasElementWeights = p.pointee.hasElementWeights
  let (losses, gradients) = (p.pointee.losses, p.pointee.gradients)
  let scale = L.splat(p.pointee.gradientScale)
  let threshold = L.splat(p.pointee.threshold)
  let slope = L.splat(p.pointee.slope)
  // The columns that fill no vector; their weights are the same in every row.
  let remaining = columns % L.count
  let isOutside = L.laneIndices .>= L.splat(Float(remaining))
  var lastPositive = L.splat(1)
  if let positive = positiveWeights {
    L.copy(positive + (columns &- remaining), p.pointee.scratch, first: remaining)
    lastPositive = L.load(p.pointee.scratch)
  }
  var lastWeights = L.splat(1)
  if let weights = elementWeights, !hasElementWeights {
    L.copy(weights + (columns &- remaining), p.pointee.scratch, first: remaining)
    lastWeights = L.load(p.pointee.scratch)
  }
  var column = p.pointee.firstColumn
  var offset = 0
  var chunk = 0
  while chunk < p.pointee.chunks {
    let end = column &+ p.pointee.chunkSize < columns ? column &+ p.pointee.chunkSize : columns
    var sum = L.splat(0)
    while column &+ L.count <= end {
      var positive = L.splat(1)
      if let positiveWeights { positive = L.load(positiveWeights + column) }
      var (value, derivative) = Loss.evaluate(
        lanes, output: L.load(outputs + offset), target: L.load(targets + offset), positive: positive,
        threshold: threshold, slope: slope)
      derivative *= scale
      if let weights = elementWeights {
        let weight = L.load(weights + (hasElementWeights ? offset : column))
        value *= weight
        derivative *= weight
      }
      sum += value
      if let losses { L.store(value, losses + offset) }
      if let gradients { L.store(derivative, gradients + offset, nonTemporal: nonTemporal) }
      column &+= L.count
      offset &+= L.count
    }
    if column < end {
      let isWhole = offset &+ L.count <= p.pointee.count
      let scratch = p.pointee.scratch
      if !isWhole {
        L.copy(outputs + offset, scratch, first: remaining)
        L.copy(targets + offset, scratch + L.count, first: remaining)
      }
      var (value, derivative) = Loss.evaluate(
        lanes, output: L.load(isWhole ? outputs + offset : UnsafePointer(scratch)),
        target: L.load(isWhole ? targets + offset : UnsafePointer(scratch + L.count)), positive: lastPositive,
        threshold: threshold, slope: slope)
      derivative *= scale
      if let weights = elementWeights {
        var weight = lastWeights
        if hasElementWeights {
          if !isWhole { L.copy(weights + offset, scratch + 2 &* L.count, first: remaining) }
          weight = L.load(isWhole ? weights + offset : UnsafePointer(scratch + 2 &* L.count))
        }
        value *= weight
        derivative *= weight
      }
      sum += value.replacing(with: L.splat(0), where: isOutside)
      if let losses {
        let target = isWhole ? losses + offset : scratch + 3 &* L.count
        L.store(value, target)
        if !isWhole { L.copy(target, losses + offset, first: remaining) }
      }
      if let gradients {
        let target = isWhole ? gradients + offset : scratch + 4 &* L.count
        L.store(derivative, target)
        if !isWhole { L.copy(target, gradients + offset, first: remaining) }
      }
      column = end
      offset &+= remaining
    }
    p.pointee.sums[chunk] = L.total(sum)
    if column == columns { column = 0 }
    chunk &+= 1
  }
}

extension Lanes {
  /// |x|
  @inline(always) static func magnitude(_ x: Vector) -> Vector { vector(bits(x) & Bits(repeating: .max)) }

  /// log(x) for all x: −∞ at 0, NaN below. A vector with a lane that is not a positive normal number takes a slower path.
  @inline(always) static func fullLogarithm(_ x: Vector) -> Vector {
    let result = normalLogarithm(x)
    // Shifts the bits so that those of positive normal numbers are the smallest integers.
    let shiftedBits = bits(x) &+ Bits(repeating: .min &- 0x0080_0000)
    let isNormal = Bits(repeating: .min &+ 0x7EFF_FFFF) .>= shiftedBits
    return all(isNormal) ? result : extendedLogarithm(x)
  }

  /// log(x) for all x, without a branch.
  @inline(always) private static func extendedLogarithm(_ x: Vector) -> Vector {
    // For denormal x: log(2²⁴·x) − 24·log 2.
    let isSmall = splat(.leastNormalMagnitude) .> x
    let normal = x.replacing(with: x * splat(0x1p24), where: isSmall)
    var result = logarithm(normal)
    result = result.replacing(with: result - splat(16.635_532), where: isSmall)
    result = result.replacing(with: splat(-.infinity), where: x .== splat(0))
    result = result.replacing(with: splat(.nan), where: splat(0) .> x)
    return result.replacing(with: x, where: x .== splat(.infinity))
  }
}
