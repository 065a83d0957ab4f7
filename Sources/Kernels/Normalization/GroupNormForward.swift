import KernelsISA

/// Normalises the groups of channels of each image by their mean and variance, then scales and shifts each channel:
/// y = (x − mean) / √(variance + ε) · weight + bias, with ReLU behind if chosen. The same in training and inference.
///
/// An image's output does not depend on the others; the rows are partitioned among threads.
public enum GroupNormForward: KernelOperation {
  public static let name = "group-norm"
  public typealias Problem = GroupNormProblem

  public struct Operands {
    /// `[batch, groups · channels, plane]`
    public var input: UnsafePointer<Float>
    /// `[groups · channels]`; nil for 1.
    public var weight: UnsafePointer<Float>?
    /// `[groups · channels]`; nil for 0.
    public var bias: UnsafePointer<Float>?
    /// `[batch, groups · channels, plane]`
    public var output: UnsafeMutablePointer<Float>
    /// `[3, batch · groups]`, for the backward pass: the means, their rounding errors, and 1 / √(variance + ε).
    public var statistics: UnsafeMutablePointer<Float>

    public init(
      input: UnsafePointer<Float>, weight: UnsafePointer<Float>? = nil, bias: UnsafePointer<Float>? = nil,
      output: UnsafeMutablePointer<Float>, statistics: UnsafeMutablePointer<Float>
    ) {
      self.input = input
      self.weight = weight
      self.bias = bias
      self.output = output
      self.statistics = statistics
    }
  }

  /// `rows`: a vector holds neighbouring elements of a row, the channels of a group of one image.
  public static let kernels: [Kernel<GroupNormForward>] =
    InstructionSet.allCases.map { level in
      let body = Levels.groupNormForward[level]
      return Kernel(algorithm: "rows", level: level, cost: PixelWeights.cost) { problem, threads in
        let parts = Work(bytes: problem.count * 12, pieces: problem.rows).parts(threads: threads)
        let scratch = PixelWeights.byteCount(problem)
        return PreparedKernel(workspaceByteCount: parts * scratch) { operands, workspace in
          if problem.count == 0 { return }
          let nonTemporal =
            problem.plane % 16 == 0 && Streaming.streams(problem.count, from: operands.input, to: operands.output)
          Parallel.run(parts: parts) { part in
            let range = Parallel.range(part, of: parts, items: problem.rows)
            var arguments = GroupNormArguments(
              input: operands.input, weight: operands.weight, bias: operands.bias, output: operands.output,
              statistics: operands.statistics, epsilon: Double(problem.epsilon), rows: problem.rows,
              groups: problem.groups, channels: problem.channels, plane: problem.plane, firstRow: range.lowerBound,
              endRow: range.upperBound, scratch: (workspace + part * scratch).assumingMemoryBound(to: Float.self),
              relu: problem.relu, nonTemporal: nonTemporal)
            body(&arguments)
          }
        }
      }
    } + [.reference(reference)]

  @Sendable
  private static func reference(_ problem: Problem, _ operands: Operands) {
    let n = problem.rowCount
    if n == 0 { return }
    for row in 0..<problem.rows {
      let x = UnsafeBufferPointer(start: operands.input + row * n, count: n).map(Double.init)
      let mean = x.reduce(0, +) / Double(n)
      let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(n)
      let inverse = 1 / (variance + Double(problem.epsilon)).squareRoot()
      for i in 0..<n {
        let channel = row % problem.groups * problem.channels + i / problem.plane
        let weight = Double(operands.weight?[channel] ?? 1)
        let y = Float((x[i] - mean) * inverse * weight + Double(operands.bias?[channel] ?? 0))
        operands.output[row * n + i] = problem.relu && y <= 0 ? 0 : y
      }
      operands.statistics[row] = Float(mean)
      operands.statistics[problem.rows + row] = Float(mean - Double(Float(mean)))
      operands.statistics[2 * problem.rows + row] = Float(inverse)
    }
  }
}

/// The arguments of ``groupNorm(_:_:)``; arrays as in ``GroupNormForward/Operands``.
struct GroupNormArguments {
  var input: UnsafePointer<Float>
  /// `[groups · channels]`; nil for 1.
  var weight: UnsafePointer<Float>?
  /// `[groups · channels]`; nil for 0.
  var bias: UnsafePointer<Float>?
  /// The input's shape.
  var output: UnsafeMutablePointer<Float>
  /// `[3, rows]`: the means, their rounding errors, and 1 / √(variance + ε).
  var statistics: UnsafeMutablePointer<Float>
  /// Added to the variance.
  var epsilon: Double
  /// Groups of all images.
  var rows: Int
  /// Groups of an image.
  var groups: Int
  /// Channels of a group.
  var channels: Int
  /// Pixels of a channel.
  var plane: Int
  /// The first row to compute.
  var firstRow: Int
  /// The row behind the last to compute.
  var endRow: Int
  /// Scratch memory of ``PixelWeights/byteCount(_:)`` bytes.
  var scratch: UnsafeMutablePointer<Float>
  /// Whether negative outputs become 0.
  var relu: Bool
  /// Whether planes of the output are whole, aligned vectors that are stored with non-temporal stores.
  var nonTemporal: Bool
}

@inline(always)
func groupNorm<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<GroupNormArguments>) {
  let floor = outputFloor(lanes, relu: p.pointee.relu)
  if p.pointee.plane < L.count {
    groupNormPixels(lanes, p, floor: floor)
  } else if p.pointee.nonTemporal {
    groupNormPlanes(lanes, p, floor: floor, nonTemporal: true)
    isa_stream_fence()
  } else {
    groupNormPlanes(lanes, p, floor: floor, nonTemporal: false)
  }
}

@inline(always)
private func groupNormPlanes<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<GroupNormArguments>, floor: L.Vector, nonTemporal: Bool
) {
  let (channels, plane) = (p.pointee.channels, p.pointee.plane)
  var row = p.pointee.firstRow
  while row < p.pointee.endRow {
    let standard = standardizeRow(lanes, p, row)
    let firstChannel = row % p.pointee.groups &* channels
    let mean = L.splat(standard.mean)
    var start = row &* channels &* plane
    var c = 0
    while c < channels {
      let scale = standard.scale(value(p.pointee.weight, firstChannel &+ c, 1))
      let offset = standard.offset(value(p.pointee.bias, firstChannel &+ c, 0), scale: scale)
      normalizePlane(
        lanes, p.pointee.input + start, p.pointee.output + start, count: plane, mean: mean, scale: L.splat(scale),
        offset: L.splat(offset), floor: floor, nonTemporal: nonTemporal)
      start &+= plane
      c &+= 1
    }
    row &+= 1
  }
}

@inline(always)
private func groupNormPixels<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<GroupNormArguments>, floor: L.Vector
) {
  let (groups, count) = (p.pointee.groups, p.pointee.channels &* p.pointee.plane)
  let pixelWeights = PixelWeights(
    weight: p.pointee.weight, bias: p.pointee.bias, channels: groups &* p.pointee.channels, plane: p.pointee.plane,
    scratch: p.pointee.scratch)
  var row = p.pointee.firstRow
  while row < p.pointee.endRow {
    let standard = standardizeRow(lanes, p, row)
    let input = p.pointee.input + row &* count
    let output = p.pointee.output + row &* count
    let weights = pixelWeights.weights + row % groups &* count
    let biases = pixelWeights.biases + row % groups &* count
    var i = 0
    while i &+ L.count <= count {
      let forward = pixelFactors(lanes, standard, weight: L.load(weights + i), bias: L.load(biases + i))
      let y = normalized(
        lanes, L.load(input + i), mean: forward.mean, scale: forward.scale, offset: forward.offset, floor: floor)
      L.store(y, output + i)
      i &+= L.count
    }
    if i < count {
      let left = count &- i
      let forward = pixelFactors(
        lanes, standard, weight: L.load(weights + i, first: left), bias: L.load(biases + i, first: left))
      let y = normalized(
        lanes, L.load(input + i, first: left), mean: forward.mean, scale: forward.scale, offset: forward.offset,
        floor: floor)
      L.store(y, output + i, first: left)
    }
    row &+= 1
  }
}

/// The factors of a vector of pixels, each with its own weight and bias.
@inline(always)
func pixelFactors<L: Lanes>(
  _ lanes: L.Type, _ standard: Standardization, weight: L.Vector, bias: L.Vector
) -> ForwardFactors<L.Vector> {
  let scale = weight * L.splat(standard.inverseDeviation)
  return ForwardFactors(
    mean: L.splat(standard.mean), scale: scale, offset: bias - L.splat(standard.meanRoundingError) * scale)
}

/// Values of a row's first block, which is read twice.
private let firstValues = 1024

/// Values of a later block, at most.
private let mostValues = 1 << 17

/// Computes and stores a row's statistics.
@inline(always)
private func standardizeRow<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<GroupNormArguments>, _ row: Int
) -> Standardization {
  let count = p.pointee.channels &* p.pointee.plane
  let x = p.pointee.input + row &* count
  var mean = Double(x[0])
  var deviations = 0.0
  var done = 0
  var isFirst = true
  while done < count {
    let most = done == 0 ? firstValues : (momentsGrowth &* done < mostValues ? momentsGrowth &* done : mostValues)
    let block = count &- done < most ? count &- done : most
    let shift = Float(mean)
    var s = L.splat(0)
    var q = L.splat(0)
    if block < L.count {
      let isBehind = L.laneIndices .>= L.splat(Float(block))
      let d = (L.load(x + done, first: block) - L.splat(shift)).replacing(with: L.splat(0), where: isBehind)
      s += d
      q = L.multiplyAdd(d, d, q)
    } else {
      addMoments(lanes, x + done, count: block, prefetchDistance: 1024, shift: L.splat(shift), sums: &s, squares: &q)
    }
    let join = MomentsJoin(before: done, count: block)
    if isFirst {
      mean = join.mean(shift: shift, sum: L.total(s))
      isFirst = false
    } else {
      if done == 0 { mean = 0 }
      join.join(shift: shift, sum: L.total(s), squares: L.total(q), mean: &mean, deviations: &deviations)
      done &+= block
    }
  }
  let standard = Standardization(mean: mean, variance: deviations / Double(count), epsilon: p.pointee.epsilon)
  p.pointee.statistics[row] = standard.mean
  p.pointee.statistics[p.pointee.rows &+ row] = standard.meanRoundingError
  p.pointee.statistics[2 &* p.pointee.rows &+ row] = standard.inverseDeviation
  return standard
}
