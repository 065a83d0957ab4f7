import KernelsISA

/// The gradients of ``BatchNormForward``: with x̂ = (x − mean) / √(variance + ε), n values a channel and ȳ the output's
/// gradient (0 where ReLU stopped the output),
///
///     bias gradient = Σ ȳ      weight gradient = Σ ȳ·x̂
///     input gradient = weight / √(variance + ε) · (ȳ − (Σ ȳ)/n − x̂ · (Σ ȳ·x̂)/n)
///
/// Where ReLU stopped the output is computed from the input again, with the bits of the forward pass at the same level,
/// so the output is not an operand. The order of a channel's sums depends on the problem alone; the channels are partitioned
/// among threads.
public enum BatchNormBackward: KernelOperation {
  public static let name = "batch-norm"
  public static let pass = "backward"
  public typealias Problem = BatchNormProblem

  public struct Operands {
    /// `[batch, channels, plane]`
    public var input: UnsafePointer<Float>
    /// `[batch, channels, plane]`
    public var outputGradient: UnsafePointer<Float>
    /// `[channels]`; nil for 1.
    public var weight: UnsafePointer<Float>?
    /// `[channels]`; nil for 0. Only needed with ReLU.
    public var bias: UnsafePointer<Float>?
    /// `[3, channels]`, what the forward pass wrote.
    public var statistics: UnsafePointer<Float>
    /// `[batch, channels, plane]`; may be the output gradient's memory. Nil where it is not needed.
    public var inputGradient: UnsafeMutablePointer<Float>?
    /// `[channels]`; nil where it is not needed.
    public var weightGradient: UnsafeMutablePointer<Float>?
    /// `[channels]`; nil where it is not needed.
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

  /// `channels`: threads compute channels; a vector holds neighbouring pixels of one channel, or of several where planes are
  /// smaller than a vector.
  public static let kernels: [Kernel<BatchNormBackward>] =
    InstructionSet.allCases.map { level in
      let body = Levels.batchNormBackward[level]
      return Kernel(algorithm: "channels", level: level) { problem, threads in
        let parts = Work(bytes: problem.count * 20, pieces: problem.channels).parts(threads: threads)
        let block = ChannelBlock.channels(problem, arrays: 2)
        return PreparedKernel(workspaceByteCount: parts * NormalizationScratch.byteCount) { operands, workspace in
          if problem.count == 0 {
            for channel in 0..<problem.channels {
              operands.weightGradient?[channel] = 0
              operands.biasGradient?[channel] = 0
            }
            return
          }
          Parallel.run(parts: parts) { part in
            let range = Parallel.range(part, of: parts, items: problem.channels)
            var arguments = BatchNormBackwardArguments(
              input: operands.input, outputGradient: operands.outputGradient, weight: operands.weight,
              bias: operands.bias, statistics: operands.statistics, inputGradient: operands.inputGradient,
              weightGradient: operands.weightGradient, biasGradient: operands.biasGradient, batch: problem.batch,
              channels: problem.channels, plane: problem.plane, firstChannel: range.lowerBound,
              endChannel: range.upperBound, channelBlock: block,
              scratch: workspace + part * NormalizationScratch.byteCount, relu: problem.relu)
            body(&arguments)
          }
        }
      }
    } + [.reference(reference)]

  @Sendable
  private static func reference(_ problem: Problem, _ operands: Operands) {
    let (plane, values) = (problem.plane, problem.batch * problem.plane)
    for channel in 0..<problem.channels {
      let offsets = (0..<values).map { ($0 / plane * problem.channels + channel) * plane + $0 % plane }
      let mean = Double(operands.statistics[channel]) + Double(operands.statistics[problem.channels + channel])
      let inverse = Double(operands.statistics[2 * problem.channels + channel])
      let weight = Double(operands.weight?[channel] ?? 1)
      let standard = offsets.map { (Double(operands.input[$0]) - mean) * inverse }
      let gradients = zip(offsets, standard).map { offset, x in
        let isStopped = problem.relu && x * weight + Double(operands.bias?[channel] ?? 0) <= 0
        return isStopped ? 0 : Double(operands.outputGradient[offset])
      }
      let sum = gradients.reduce(0, +)
      let product = zip(gradients, standard).reduce(0) { $0 + $1.0 * $1.1 }
      operands.biasGradient?[channel] = Float(sum)
      operands.weightGradient?[channel] = Float(product)
      guard let inputGradient = operands.inputGradient else { continue }
      for (i, offset) in offsets.enumerated() {
        let centered = gradients[i] - sum / Double(values) - standard[i] * product / Double(values)
        inputGradient[offset] = Float(weight * inverse * centered)
      }
    }
  }
}

/// The arguments of ``batchNormBackward(_:_:)``; arrays as in ``BatchNormBackward/Operands``.
struct BatchNormBackwardArguments {
  var input: UnsafePointer<Float>
  var outputGradient: UnsafePointer<Float>
  /// `[channels]`; nil for 1.
  var weight: UnsafePointer<Float>?
  /// `[channels]`; nil for 0.
  var bias: UnsafePointer<Float>?
  /// `[3, channels]`
  var statistics: UnsafePointer<Float>
  /// The input's shape; may be the output gradient's memory. Nil if not wanted.
  var inputGradient: UnsafeMutablePointer<Float>?
  /// `[channels]`; nil if not wanted.
  var weightGradient: UnsafeMutablePointer<Float>?
  /// `[channels]`; nil if not wanted.
  var biasGradient: UnsafeMutablePointer<Float>?
  /// Images.
  var batch: Int
  /// Channels of an image.
  var channels: Int
  /// Pixels of a channel.
  var plane: Int
  /// The first channel to compute.
  var firstChannel: Int
  /// The channel behind the last to compute.
  var endChannel: Int
  /// Channels of a ``ChannelBlock``.
  var channelBlock: Int
  /// Scratch memory of ``NormalizationScratch/byteCount`` bytes.
  var scratch: UnsafeMutableRawPointer
  /// Whether the forward pass applied ReLU.
  var relu: Bool
}

@inline(always)
func batchNormBackward<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<BatchNormBackwardArguments>
) {
  if p.pointee.relu {
    batchNormBackward(lanes, p, relu: true)
  } else {
    batchNormBackward(lanes, p, relu: false)
  }
}

@inline(always)
func batchNormBackward<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<BatchNormBackwardArguments>, relu: Bool
) {
  let scratch = NormalizationScratch(p.pointee.scratch)
  var first = p.pointee.firstChannel
  while first < p.pointee.endChannel {
    let left = p.pointee.endChannel &- first
    let block = ChannelBlock(
      batch: p.pointee.batch, channels: p.pointee.channels, plane: p.pointee.plane, first: first,
      count: left < p.pointee.channelBlock ? left : p.pointee.channelBlock)
    let copies = block.plane < L.count ? block.plane : 1
    prepare(block, first, p, scratch, copies: copies)
    if block.plane < L.count {
      sumGradientColumns(lanes, block, p.pointee.input, p.pointee.outputGradient, scratch, relu: relu)
    } else {
      sumGradientPlanes(lanes, block, p.pointee.input, p.pointee.outputGradient, scratch, relu: relu)
    }
    storeParameterGradients(block, first, p, scratch, copies: copies)
    if let inputGradient = p.pointee.inputGradient {
      if block.plane < L.count {
        gradientColumns(lanes, block, p, inputGradient, scratch, relu: relu)
      } else {
        gradientPlanes(lanes, block, p, inputGradient, scratch, relu: relu)
      }
    }
    first &+= block.count
  }
}

/// Writes the forward pass's factors of each channel or column: mean (`floats(0)`), scale (`floats(1)`), offset (`floats(2)`).
@inline(always)
private func prepare(
  _ block: ChannelBlock, _ first: Int, _ p: UnsafePointer<BatchNormBackwardArguments>,
  _ scratch: NormalizationScratch, copies: Int
) {
  var column = 0
  var c = 0
  while c < block.count {
    let standard = standardization(p, first &+ c)
    let scale = standard.scale(value(p.pointee.weight, first &+ c, 1))
    let offset = standard.offset(value(p.pointee.bias, first &+ c, 0), scale: scale)
    let end = column &+ copies
    while column < end {
      scratch.floats(0)[column] = standard.mean
      scratch.floats(1)[column] = scale
      scratch.floats(2)[column] = offset
      column &+= 1
    }
    scratch.doubles(0)[c] = 0
    scratch.doubles(1)[c] = 0
    c &+= 1
  }
}

@inline(always)
private func standardization(_ p: UnsafePointer<BatchNormBackwardArguments>, _ channel: Int) -> Standardization {
  let statistics = p.pointee.statistics
  let channels = p.pointee.channels
  return Standardization(
    mean: statistics[channel], meanRoundingError: statistics[channels &+ channel],
    inverseDeviation: statistics[2 &* channels &+ channel])
}

/// Writes the gradients of a block's parameters, and the factors of the input gradient for each channel or column: slope
/// (`floats(3)`) and constant (`floats(4)`).
@inline(always)
private func storeParameterGradients(
  _ block: ChannelBlock, _ first: Int, _ p: UnsafePointer<BatchNormBackwardArguments>,
  _ scratch: NormalizationScratch, copies: Int
) {
  let values = Double(block.batch &* block.plane)
  var column = 0
  var c = 0
  while c < block.count {
    let channel = first &+ c
    let standard = standardization(p, channel)
    let inverse = Double(standard.inverseDeviation)
    let sum = scratch.doubles(0)[c]
    let product = (scratch.doubles(1)[c] - Double(standard.meanRoundingError) * sum) * inverse
    if let weightGradient = p.pointee.weightGradient { weightGradient[channel] = Float(product) }
    if let biasGradient = p.pointee.biasGradient { biasGradient[channel] = Float(sum) }
    let scale = Double(standard.scale(value(p.pointee.weight, channel, 1)))
    let slope = -scale * inverse * product / values
    let constant = -scale * sum / values - Double(standard.meanRoundingError) * slope
    let end = column &+ copies
    while column < end {
      scratch.floats(3)[column] = Float(slope)
      scratch.floats(4)[column] = Float(constant)
      column &+= 1
    }
    c &+= 1
  }
}

/// From the last image to the first: the last images are still in the caches.
@inline(always)
private func gradientPlanes<L: Lanes>(
  _ lanes: L.Type, _ block: ChannelBlock, _ p: UnsafePointer<BatchNormBackwardArguments>,
  _ inputGradient: UnsafeMutablePointer<Float>, _ scratch: NormalizationScratch, relu: Bool
) {
  var image = block.batch
  while image > 0 {
    image &-= 1
    var start = block.start &+ image &* block.image
    var c = 0
    while c < block.count {
      gradientPlane(
        lanes, p.pointee.input + start, p.pointee.outputGradient + start, inputGradient + start, count: block.plane,
        factors(lanes, scratch, c), relu: relu, slope: L.splat(scratch.floats(3)[c]),
        constant: L.splat(scratch.floats(4)[c]))
      start &+= block.plane
      c &+= 1
    }
  }
}

@inline(always)
private func gradientColumns<L: Lanes>(
  _ lanes: L.Type, _ block: ChannelBlock, _ p: UnsafePointer<BatchNormBackwardArguments>,
  _ inputGradient: UnsafeMutablePointer<Float>, _ scratch: NormalizationScratch, relu: Bool
) {
  let width = block.width
  var image = block.batch
  while image > 0 {
    image &-= 1
    let start = block.start &+ image &* block.image
    var column = 0
    while column &+ L.count <= width {
      let value = inputGradientVector(
        lanes, x: L.load(p.pointee.input + (start &+ column)),
        gradient: L.load(p.pointee.outputGradient + (start &+ column)), columnFactors(lanes, scratch, column),
        relu: relu, slope: L.load(scratch.floats(3) + column), constant: L.load(scratch.floats(4) + column))
      L.store(value, inputGradient + (start &+ column))
      column &+= L.count
    }
    if column < width {
      let left = width &- column
      let value = inputGradientVector(
        lanes, x: L.load(p.pointee.input + (start &+ column), first: left),
        gradient: L.load(p.pointee.outputGradient + (start &+ column), first: left),
        columnFactors(lanes, scratch, column), relu: relu, slope: L.load(scratch.floats(3) + column),
        constant: L.load(scratch.floats(4) + column))
      L.store(value, inputGradient + (start &+ column), first: left)
    }
  }
}
