import KernelsISA

/// The gradients of ``GroupNormForward``: with x̂ = (x − mean) / √(variance + ε), n values a row, ȳ the output's gradient
/// (0 where ReLU stopped the output) and g = ȳ · weight,
///
///     bias gradient = Σ ȳ      weight gradient = Σ ȳ·x̂      over the images and a channel's plane
///     input gradient = (g − (Σ g)/n − x̂ · (Σ g·x̂)/n) / √(variance + ε)      sums over the row
///
/// Where ReLU stopped the output is computed from the input again, see ``BatchNormBackward``. The channels are partitioned
/// among threads for the parameters' gradients, then the rows for the input gradient.
public enum GroupNormBackward: KernelOperation {
  public static let name = "group-norm"
  public static let pass = "backward"
  public typealias Problem = GroupNormProblem

  public struct Operands {
    /// `[batch, groups · channels, plane]`
    public var input: UnsafePointer<Float>
    /// `[batch, groups · channels, plane]`
    public var outputGradient: UnsafePointer<Float>
    /// `[groups · channels]`; nil for 1.
    public var weight: UnsafePointer<Float>?
    /// `[groups · channels]`; nil for 0. Only needed with ReLU.
    public var bias: UnsafePointer<Float>?
    /// `[3, batch · groups]`, what the forward pass wrote.
    public var statistics: UnsafePointer<Float>
    /// `[batch, groups · channels, plane]`; may be the output gradient's memory. Nil where it is not needed.
    public var inputGradient: UnsafeMutablePointer<Float>?
    /// `[groups · channels]`; nil where it is not needed.
    public var weightGradient: UnsafeMutablePointer<Float>?
    /// `[groups · channels]`; nil where it is not needed.
    public var biasGradient: UnsafeMutablePointer<Float>?

    public init(
      input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>, weight: UnsafePointer<Float>? = nil,
      bias: UnsafePointer<Float>? = nil, statistics: UnsafePointer<Float>,
      inputGradient: UnsafeMutablePointer<Float>? = nil, weightGradient: UnsafeMutablePointer<Float>? = nil,
      biasGradient: UnsafeMutablePointer<Float>? = nil
    ) {
      self.input = input
      self.outputGradient = outputGradient
      self.weight = weight
      self.bias = bias
      self.statistics = statistics
      self.inputGradient = inputGradient
      self.weightGradient = weightGradient
      self.biasGradient = biasGradient
    }
  }

  /// `rows`: a vector holds neighbouring elements of a row, the channels of a group of one image.
  public static let kernels: [Kernel<GroupNormBackward>] =
    InstructionSet.allCases.map { level in
      let (body, weightsBody) = (Levels.groupNormBackward[level], Levels.groupNormWeights[level])
      return Kernel(algorithm: "rows", level: level, cost: PixelWeights.cost) { problem, threads in
        let channels = problem.groups * problem.channels
        let parts = Work(bytes: problem.count * 12, pieces: problem.rows).parts(threads: threads)
        let weightParts = Work(bytes: problem.count * 8, pieces: channels).parts(threads: threads)
        let scratch = PixelWeights.byteCount(problem)
        let byteCount = max(parts * scratch, weightParts * NormalizationScratch.byteCount)
        return PreparedKernel(workspaceByteCount: byteCount) { operands, workspace in
          if problem.count == 0 {
            for channel in 0..<channels {
              operands.weightGradient?[channel] = 0
              operands.biasGradient?[channel] = 0
            }
            return
          }
          if operands.weightGradient != nil || operands.biasGradient != nil {
            Parallel.run(parts: weightParts) { part in
              let range = Parallel.range(part, of: weightParts, items: channels)
              var arguments = GroupNormWeightsArguments(
                input: operands.input, outputGradient: operands.outputGradient, weight: operands.weight,
                bias: operands.bias, statistics: operands.statistics, weightGradient: operands.weightGradient,
                biasGradient: operands.biasGradient, batch: problem.batch, groups: problem.groups,
                channels: problem.channels, plane: problem.plane, firstChannel: range.lowerBound,
                endChannel: range.upperBound, scratch: workspace + part * NormalizationScratch.byteCount,
                relu: problem.relu)
              weightsBody(&arguments)
            }
          }
          guard let inputGradient = operands.inputGradient else { return }
          Parallel.run(parts: parts) { part in
            let range = Parallel.range(part, of: parts, items: problem.rows)
            var arguments = GroupNormBackwardArguments(
              input: operands.input, outputGradient: operands.outputGradient, weight: operands.weight,
              bias: operands.bias, statistics: operands.statistics, inputGradient: inputGradient, rows: problem.rows,
              groups: problem.groups, channels: problem.channels, plane: problem.plane, firstRow: range.lowerBound,
              endRow: range.upperBound, scratch: (workspace + part * scratch).assumingMemoryBound(to: Float.self),
              relu: problem.relu)
            body(&arguments)
          }
        }
      }
    } + [.reference(reference)]

  @Sendable
  private static func reference(_ problem: Problem, _ operands: Operands) {
    let n = problem.rowCount
    let channels = problem.groups * problem.channels
    var weightSums = [Double](repeating: 0, count: channels)
    var biasSums = weightSums
    for row in 0..<problem.rows {
      let mean = Double(operands.statistics[row]) + Double(operands.statistics[problem.rows + row])
      let inverse = Double(operands.statistics[2 * problem.rows + row])
      var (sum, product) = (0.0, 0.0)
      var weighted: [(standard: Double, gradient: Double)] = []
      for i in 0..<n {
        let channel = row % problem.groups * problem.channels + i / problem.plane
        let weight = Double(operands.weight?[channel] ?? 1)
        let x = (Double(operands.input[row * n + i]) - mean) * inverse
        let isStopped = problem.relu && x * weight + Double(operands.bias?[channel] ?? 0) <= 0
        let gradient = isStopped ? 0 : Double(operands.outputGradient[row * n + i])
        biasSums[channel] += gradient
        weightSums[channel] += gradient * x
        sum += gradient * weight
        product += gradient * weight * x
        weighted.append((x, gradient * weight))
      }
      guard let inputGradient = operands.inputGradient else { continue }
      for (i, (x, gradient)) in weighted.enumerated() {
        inputGradient[row * n + i] = Float((gradient - sum / Double(n) - x * product / Double(n)) * inverse)
      }
    }
    for channel in 0..<channels {
      operands.weightGradient?[channel] = Float(weightSums[channel])
      operands.biasGradient?[channel] = Float(biasSums[channel])
    }
  }
}

/// The arguments of ``groupNormBackward(_:_:)``; arrays as in ``GroupNormBackward/Operands``.
struct GroupNormBackwardArguments {
  var input: UnsafePointer<Float>
  var outputGradient: UnsafePointer<Float>
  /// `[groups · channels]`; nil for 1.
  var weight: UnsafePointer<Float>?
  /// `[groups · channels]`; nil for 0.
  var bias: UnsafePointer<Float>?
  /// `[3, rows]`
  var statistics: UnsafePointer<Float>
  /// The input's shape; may be the output gradient's memory.
  var inputGradient: UnsafeMutablePointer<Float>
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
  /// Whether the forward pass applied ReLU.
  var relu: Bool
}

@inline(always)
func groupNormBackward<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<GroupNormBackwardArguments>) {
  if p.pointee.plane < L.count {
    if p.pointee.relu {
      backwardPixels(lanes, p, relu: true)
    } else {
      backwardPixels(lanes, p, relu: false)
    }
  } else if p.pointee.relu {
    backwardPlanes(lanes, p, relu: true)
  } else {
    backwardPlanes(lanes, p, relu: false)
  }
}

@inline(always)
private func standardization(_ p: UnsafePointer<GroupNormBackwardArguments>, _ row: Int) -> Standardization {
  let (statistics, rows) = (p.pointee.statistics, p.pointee.rows)
  return Standardization(
    mean: statistics[row], meanRoundingError: statistics[rows &+ row], inverseDeviation: statistics[2 &* rows &+ row])
}

/// The factors of a row's input gradient, see ``gradientPlane``.
@inline(always)
private func rowFactors(
  _ standard: Standardization, count: Int, sum: Float, product: Float
) -> (slope: Float, constant: Float) {
  let inverse = Double(standard.inverseDeviation)
  let centered = Double(product) - Double(standard.meanRoundingError) * Double(sum)
  let slope = -inverse * inverse * inverse * centered / Double(count)
  return (Float(slope), Float(-inverse * Double(sum) / Double(count) - Double(standard.meanRoundingError) * slope))
}

@inline(always)
private func backwardPlanes<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<GroupNormBackwardArguments>, relu: Bool
) {
  let (channels, plane) = (p.pointee.channels, p.pointee.plane)
  let count = channels &* plane
  var row = p.pointee.firstRow
  while row < p.pointee.endRow {
    let standard = standardization(p, row)
    let firstChannel = row % p.pointee.groups &* channels
    let x = p.pointee.input + row &* count
    let gradient = p.pointee.outputGradient + row &* count
    let inputGradient = p.pointee.inputGradient + row &* count
    var sums = L.splat(0)
    var products = L.splat(0)
    var c = 0
    while c < channels {
      var s = L.splat(0)
      var q = L.splat(0)
      addGradientSums(
        lanes, x + c &* plane, gradient + c &* plane, count: plane, prefetchDistance: 1024,
        channelFactors(lanes, standard, p, firstChannel &+ c), relu: relu, sums: &s, products: &q)
      let weight = L.splat(value(p.pointee.weight, firstChannel &+ c, 1))
      sums = L.multiplyAdd(weight, s, sums)
      products = L.multiplyAdd(weight, q, products)
      c &+= 1
    }
    let factors = rowFactors(standard, count: count, sum: L.total(sums), product: L.total(products))
    c = 0
    while c < channels {
      gradientPlane(
        lanes, x + c &* plane, gradient + c &* plane, inputGradient + c &* plane, count: plane,
        channelFactors(lanes, standard, p, firstChannel &+ c), relu: relu, slope: L.splat(factors.slope),
        constant: L.splat(factors.constant))
      c &+= 1
    }
    row &+= 1
  }
}

@inline(always)
private func channelFactors<L: Lanes>(
  _ lanes: L.Type, _ standard: Standardization, _ p: UnsafePointer<GroupNormBackwardArguments>, _ channel: Int
) -> ForwardFactors<L.Vector> {
  let scale = standard.scale(value(p.pointee.weight, channel, 1))
  let offset = standard.offset(value(p.pointee.bias, channel, 0), scale: scale)
  return ForwardFactors(mean: L.splat(standard.mean), scale: L.splat(scale), offset: L.splat(offset))
}

@inline(always)
private func backwardPixels<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<GroupNormBackwardArguments>, relu: Bool
) {
  let (groups, count) = (p.pointee.groups, p.pointee.channels &* p.pointee.plane)
  let pixelWeights = PixelWeights(
    weight: p.pointee.weight, bias: p.pointee.bias, channels: groups &* p.pointee.channels, plane: p.pointee.plane,
    scratch: p.pointee.scratch)
  var row = p.pointee.firstRow
  while row < p.pointee.endRow {
    let standard = standardization(p, row)
    let x = p.pointee.input + row &* count
    let gradient = p.pointee.outputGradient + row &* count
    let inputGradient = p.pointee.inputGradient + row &* count
    let weights = pixelWeights.weights + row % groups &* count
    let biases = pixelWeights.biases + row % groups &* count
    var (sums, products) = (L.splat(0), L.splat(0))
    var i = 0
    while i < count {
      let end = count &- i < L.sumRunLength ? count : i &+ L.sumRunLength
      var (s0, s1, q0, q1) = (L.splat(0), L.splat(0), L.splat(0), L.splat(0))
      while i &+ 2 &* L.count <= end {
        addPixels(lanes, x + i, gradient + i, weights + i, biases + i, L.count, standard, relu: relu, &s0, &q0)
        let j = i &+ L.count
        addPixels(lanes, x + j, gradient + j, weights + j, biases + j, L.count, standard, relu: relu, &s1, &q1)
        i &+= 2 &* L.count
      }
      if i &+ L.count <= end {
        addPixels(lanes, x + i, gradient + i, weights + i, biases + i, L.count, standard, relu: relu, &s0, &q0)
        i &+= L.count
      }
      if i < end {
        addPixels(lanes, x + i, gradient + i, weights + i, biases + i, end &- i, standard, relu: relu, &s1, &q1)
        i = end
      }
      sums += s0 + s1
      products += q0 + q1
    }
    let factors = rowFactors(standard, count: count, sum: L.total(sums), product: L.total(products))
    let (slope, constant) = (L.splat(factors.slope), L.splat(factors.constant))
    i = 0
    while i &+ L.count <= count {
      let forward = pixelFactors(lanes, standard, weight: L.load(weights + i), bias: L.load(biases + i))
      let value = inputGradientVector(
        lanes, x: L.load(x + i), gradient: L.load(gradient + i), forward, relu: relu, slope: slope, constant: constant)
      L.store(value, inputGradient + i)
      i &+= L.count
    }
    if i < count {
      let left = count &- i
      let forward = pixelFactors(
        lanes, standard, weight: L.load(weights + i, first: left), bias: L.load(biases + i, first: left))
      let value = inputGradientVector(
        lanes, x: L.load(x + i, first: left), gradient: L.load(gradient + i, first: left), forward, relu: relu,
        slope: slope, constant: constant)
      L.store(value, inputGradient + i, first: left)
    }
    row &+= 1
  }
}

/// Adds g and g · (x − mean) of `count` pixels, g being the gradient times the weight. In the lanes behind, gradient and weight
/// are 0 and add 0.
@inline(always)
private func addPixels<L: Lanes>(
  _ lanes: L.Type, _ x: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
  _ biases: UnsafePointer<Float>, _ count: Int, _ standard: Standardization, relu: Bool, _ sums: inout L.Vector,
  _ products: inout L.Vector
) {
  let weight = L.load(weights, first: count)
  let forward = pixelFactors(lanes, standard, weight: weight, bias: L.load(biases, first: count))
  // Lanes behind `count` hold the mean, so that an infinite mean adds no NaN there that the row does not have anyway.
  let (centered, g) = centeredAndGradient(
    lanes, x: L.load(x, first: count, fill: standard.mean), gradient: L.load(gradient, first: count), forward,
    relu: relu)
  sums = L.multiplyAdd(g, weight, sums)
  products = L.multiplyAdd(g * weight, centered, products)
}
