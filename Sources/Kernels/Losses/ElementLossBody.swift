import KernelsISA

/// A loss of one output and its target, in all lanes of a vector.
protocol ElementLoss {
  /// - Parameters:
  ///   - positive: the weight of positive targets.
  ///   - threshold: the function's first parameter.
  ///   - slope: its second parameter.
  static func evaluate<L: Lanes>(
    _ lanes: L.Type, output x: L.Vector, target y: L.Vector, positive: L.Vector, threshold: L.Vector, slope: L.Vector
  ) -> (value: L.Vector, derivative: L.Vector)
}

/// A range of chunks: pieces of rows, the last of a row being what is left of it.
struct ElementLossArguments {
  var outputs: UnsafePointer<Float>
  var targets: UnsafePointer<Float>
  /// One an element, or one a column of the whole row.
  var weights: UnsafePointer<Float>?
  /// One a column of the whole row.
  var positiveWeights: UnsafePointer<Float>?
  /// One an element.
  var losses: UnsafeMutablePointer<Float>?
  var gradients: UnsafeMutablePointer<Float>?
  /// One a chunk.
  var sums: UnsafeMutablePointer<Float>
  var chunks: Int
  /// A multiple of 16.
  var chunkSize: Int
  /// Of the first chunk.
  var firstColumn: Int
  var columns: Int
  /// Elements of all chunks.
  var count: Int
  var weightsAreOfElements: Bool
  /// The gradients are aligned for vectors and stored past the caches.
  var streams: Bool
  var gradientScale: Float
  /// What these mean is the loss's business.
  var threshold: Float
  var slope: Float
  /// Five vectors.
  var scratch: UnsafeMutablePointer<Float>
}

@inline(always)
func elementLosses<L: Lanes, Loss: ElementLoss>(
  _ lanes: L.Type, _ loss: Loss.Type, _ p: UnsafePointer<ElementLossArguments>
) {
  if p.pointee.streams {
    elementLosses(lanes, loss, p, past: true)
    isa_stream_fence()
  } else {
    elementLosses(lanes, loss, p, past: false)
  }
}

/// Chunk after chunk. What does not fill a vector at the end of a row is a vector that reaches into the next row, whose
/// turn comes next; the part's last elements, behind which there is not enough memory, go through the scratch vectors.
@inline(always)
private func elementLosses<L: Lanes, Loss: ElementLoss>(
  _ lanes: L.Type, _ loss: Loss.Type, _ p: UnsafePointer<ElementLossArguments>, past: Bool
) {
  let columns = p.pointee.columns
  let (outputs, targets) = (p.pointee.outputs, p.pointee.targets)
  // Constants, so that loops of their own can be made for what is asked for.
  let (positiveWeights, elementWeights) = (p.pointee.positiveWeights, p.pointee.weights)
  let weightsAreOfElements = p.pointee.weightsAreOfElements
  let (losses, gradients) = (p.pointee.losses, p.pointee.gradients)
  let scale = L.splat(p.pointee.gradientScale)
  let threshold = L.splat(p.pointee.threshold)
  let slope = L.splat(p.pointee.slope)
  // The columns that fill no vector, and what is the same for them in every row.
  let left = columns % L.count
  let isOutside = L.laneIndices .>= L.splat(Float(left))
  var lastPositive = L.splat(1)
  if let positive = positiveWeights {
    L.copy(positive + (columns &- left), p.pointee.scratch, first: left)
    lastPositive = L.load(p.pointee.scratch)
  }
  var lastWeights = L.splat(1)
  if let weights = elementWeights, !weightsAreOfElements {
    L.copy(weights + (columns &- left), p.pointee.scratch, first: left)
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
        let weight = L.load(weights + (weightsAreOfElements ? offset : column))
        value *= weight
        derivative *= weight
      }
      sum += value
      if let losses { L.store(value, losses + offset) }
      if let gradients { L.store(derivative, gradients + offset, past: past) }
      column &+= L.count
      offset &+= L.count
    }
    if column < end {
      let isWhole = offset &+ L.count <= p.pointee.count
      let scratch = p.pointee.scratch
      if !isWhole {
        L.copy(outputs + offset, scratch, first: left)
        L.copy(targets + offset, scratch + L.count, first: left)
      }
      var (value, derivative) = Loss.evaluate(
        lanes, output: L.load(isWhole ? outputs + offset : UnsafePointer(scratch)),
        target: L.load(isWhole ? targets + offset : UnsafePointer(scratch + L.count)), positive: lastPositive,
        threshold: threshold, slope: slope)
      derivative *= scale
      if let weights = elementWeights {
        var weight = lastWeights
        if weightsAreOfElements {
          if !isWhole { L.copy(weights + offset, scratch + 2 &* L.count, first: left) }
          weight = L.load(isWhole ? weights + offset : UnsafePointer(scratch + 2 &* L.count))
        }
        value *= weight
        derivative *= weight
      }
      sum += value.replacing(with: L.splat(0), where: isOutside)
      if let losses {
        let place = isWhole ? losses + offset : scratch + 3 &* L.count
        L.store(value, place)
        if !isWhole { L.copy(place, losses + offset, first: left) }
      }
      if let gradients {
        let place = isWhole ? gradients + offset : scratch + 4 &* L.count
        L.store(derivative, place)
        if !isWhole { L.copy(place, gradients + offset, first: left) }
      }
      column = end
      offset &+= left
    }
    p.pointee.sums[chunk] = L.total(sum)
    if column == columns { column = 0 }
    chunk &+= 1
  }
}

extension Lanes {
  @inline(always) static func magnitude(_ x: Vector) -> Vector { vector(bits(x) & Bits(repeating: .max)) }

  /// log(x) for all x: -infinity at 0, NaN below. Vectors that hold such, denormal or infinite x take longer.
  @inline(always) static func fullLogarithm(_ x: Vector) -> Vector {
    let result = normalLogarithm(x)
    // The bits of positive normal numbers, moved so that they are the smallest numbers.
    let place = bits(x) &+ Bits(repeating: .min &- 0x0080_0000)
    let isNormal = Bits(repeating: .min &+ 0x7EFF_FFFF) .>= place
    return all(isNormal) ? result : farLogarithm(x)
  }

  /// The same without a branch.
  @inline(always) private static func farLogarithm(_ x: Vector) -> Vector {
    // Below the normal numbers, that of 2²⁴·x is taken.
    let isSmall = splat(.leastNormalMagnitude) .> x
    let normal = x.replacing(with: x * splat(0x1p24), where: isSmall)
    var result = logarithm(normal)
    result = result.replacing(with: result - splat(16.635_532), where: isSmall)
    result = result.replacing(with: splat(-.infinity), where: x .== splat(0))
    result = result.replacing(with: splat(.nan), where: splat(0) .> x)
    return result.replacing(with: x, where: x .== splat(.infinity))
  }
}
