import KernelsISA

/// The gradients of ``BatchNormInference``, whose statistics are given and do not follow from the input: with
/// x̂ = (x − mean) / √(variance + ε) and ȳ the output's gradient (0 where ReLU stopped the output),
///
///     bias gradient = Σ ȳ      weight gradient = Σ ȳ·x̂      input gradient = ȳ · weight / √(variance + ε)
///
/// For networks that are trained through a normalisation with frozen statistics. Where ReLU stopped the output is computed
/// from the input again, with the bits of the forward pass at the same level, so the output is not an operand. An image's
/// input gradient does not depend on the others. The order of a channel's sums depends on the problem alone; the channels are
/// partitioned among threads.
public enum BatchNormInferenceBackward: KernelOperation {
  public static let name = "batch-norm-inference"
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
    /// `[channels]`
    public var runningMean: UnsafePointer<Float>
    /// `[channels]`
    public var runningVariance: UnsafePointer<Float>
    /// `[batch, channels, plane]`; may be the output gradient's memory. Nil where it is not needed.
    public var inputGradient: UnsafeMutablePointer<Float>?
    /// `[channels]`; nil where it is not needed.
    public var weightGradient: UnsafeMutablePointer<Float>?
    /// `[channels]`; nil where it is not needed.
    public var biasGradient: UnsafeMutablePointer<Float>?

    public init(
      input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>, weight: UnsafePointer<Float>? = nil,
      bias: UnsafePointer<Float>? = nil, runningMean: UnsafePointer<Float>, runningVariance: UnsafePointer<Float>,
      inputGradient: UnsafeMutablePointer<Float>? = nil, weightGradient: UnsafeMutablePointer<Float>? = nil,
      biasGradient: UnsafeMutablePointer<Float>? = nil
    ) {
      self.input = input
      self.outputGradient = outputGradient
      self.weight = weight
      self.bias = bias
      self.runningMean = runningMean
      self.runningVariance = runningVariance
      self.inputGradient = inputGradient
      self.weightGradient = weightGradient
      self.biasGradient = biasGradient
    }
  }

  /// `channels`: threads compute channels; a vector holds neighbouring pixels of one channel, or of several where planes are
  /// smaller than a vector.
  public static let kernels: [Kernel<BatchNormInferenceBackward>] =
    InstructionSet.allCases.map { level in
      let body = Levels.batchNormInferenceBackward[level]
      return Kernel(algorithm: "channels", level: level) { problem, threads in
        let parts = Work(bytes: problem.count * 12, pieces: problem.channels).parts(threads: threads)
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
            var arguments = BatchNormInferenceBackwardArguments(
              input: operands.input, outputGradient: operands.outputGradient, weight: operands.weight,
              bias: operands.bias, runningMean: operands.runningMean, runningVariance: operands.runningVariance,
              inputGradient: operands.inputGradient, weightGradient: operands.weightGradient,
              biasGradient: operands.biasGradient, epsilon: problem.epsilon, batch: problem.batch,
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
      let deviation = (Double(operands.runningVariance[channel]) + Double(problem.epsilon)).squareRoot()
      let weight = Double(operands.weight?[channel] ?? 1)
      let bias = Double(operands.bias?[channel] ?? 0)
      var (sum, product) = (0.0, 0.0)
      for offset in offsets {
        let x = (Double(operands.input[offset]) - Double(operands.runningMean[channel])) / deviation
        let isStopped = problem.relu && x * weight + bias <= 0
        let gradient = isStopped ? 0 : Double(operands.outputGradient[offset])
        sum += gradient
        product += gradient * x
        operands.inputGradient?[offset] = Float(gradient * weight / deviation)
      }
      operands.biasGradient?[channel] = Float(sum)
      operands.weightGradient?[channel] = Float(product)
    }
  }
}

/// The arguments of ``batchNormInferenceBackward(_:_:)``; arrays as in ``BatchNormInferenceBackward/Operands``.
struct BatchNormInferenceBackwardArguments {
  var input: UnsafePointer<Float>
  var outputGradient: UnsafePointer<Float>
  /// `[channels]`; nil for 1.
  var weight: UnsafePointer<Float>?
  /// `[channels]`; nil for 0.
  var bias: UnsafePointer<Float>?
  /// `[channels]`
  var runningMean: UnsafePointer<Float>
  /// `[channels]`
  var runningVariance: UnsafePointer<Float>
  /// The input's shape; may be the output gradient's memory. Nil if not wanted.
  var inputGradient: UnsafeMutablePointer<Float>?
  /// `[channels]`; nil if not wanted.
  var weightGradient: UnsafeMutablePointer<Float>?
  /// `[channels]`; nil if not wanted.
  var biasGradient: UnsafeMutablePointer<Float>?
  /// Added to the variance.
  var epsilon: Float
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
func batchNormInferenceBackward<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<BatchNormInferenceBackwardArguments>
) {
  if p.pointee.relu {
    batchNormInferenceBackward(lanes, p, relu: true)
  } else {
    batchNormInferenceBackward(lanes, p, relu: false)
  }
}

@inline(always)
func batchNormInferenceBackward<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<BatchNormInferenceBackwardArguments>, relu: Bool
) {
  let scratch = NormalizationScratch(p.pointee.scratch)
  let needsSums = p.pointee.weightGradient != nil || p.pointee.biasGradient != nil
  var first = p.pointee.firstChannel
  while first < p.pointee.endChannel {
    let left = p.pointee.endChannel &- first
    let block = ChannelBlock(
      batch: p.pointee.batch, channels: p.pointee.channels, plane: p.pointee.plane, first: first,
      count: left < p.pointee.channelBlock ? left : p.pointee.channelBlock)
    let isNarrow = block.plane < L.count
    prepare(block, first, p, scratch, copies: isNarrow ? block.plane : 1)
    if needsSums {
      if isNarrow {
        sumGradientColumns(lanes, block, p.pointee.input, p.pointee.outputGradient, scratch, relu: relu)
      } else {
        sumGradientPlanes(lanes, block, p.pointee.input, p.pointee.outputGradient, scratch, relu: relu)
      }
      storeParameterGradients(block, first, p, scratch)
    }
    if let inputGradient = p.pointee.inputGradient {
      if isNarrow {
        scaleColumns(lanes, block, p, inputGradient, scratch, relu: relu)
      } else {
        scalePlanes(lanes, block, p, inputGradient, scratch, relu: relu)
      }
    }
    first &+= block.count
  }
}

/// 1 / √(variance + ε) with the bits of the forward pass.
@inline(always)
private func inverseDeviation(_ p: UnsafePointer<BatchNormInferenceBackwardArguments>, _ channel: Int) -> Float {
  1 / (p.pointee.runningVariance[channel] + p.pointee.epsilon).squareRoot()
}

/// Writes the forward pass's factors of each channel or column: mean (`floats(0)`), scale (`floats(1)`), offset (`floats(2)`).
@inline(always)
private func prepare(
  _ block: ChannelBlock, _ first: Int, _ p: UnsafePointer<BatchNormInferenceBackwardArguments>,
  _ scratch: NormalizationScratch, copies: Int
) {
  var column = 0
  var c = 0
  while c < block.count {
    let mean = p.pointee.runningMean[first &+ c]
    let scale = value(p.pointee.weight, first &+ c, 1) * inverseDeviation(p, first &+ c)
    let offset = value(p.pointee.bias, first &+ c, 0)
    let end = column &+ copies
    while column < end {
      scratch.floats(0)[column] = mean
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
private func storeParameterGradients(
  _ block: ChannelBlock, _ first: Int, _ p: UnsafePointer<BatchNormInferenceBackwardArguments>,
  _ scratch: NormalizationScratch
) {
  var c = 0
  while c < block.count {
    let channel = first &+ c
    if let weightGradient = p.pointee.weightGradient {
      weightGradient[channel] = Float(scratch.doubles(1)[c] * Double(inverseDeviation(p, channel)))
    }
    if let biasGradient = p.pointee.biasGradient { biasGradient[channel] = Float(scratch.doubles(0)[c]) }
    c &+= 1
  }
}

/// From the last image to the first: after the sums, the last images are still in the caches.
@inline(always)
private func scalePlanes<L: Lanes>(
  _ lanes: L.Type, _ block: ChannelBlock, _ p: UnsafePointer<BatchNormInferenceBackwardArguments>,
  _ inputGradient: UnsafeMutablePointer<Float>, _ scratch: NormalizationScratch, relu: Bool
) {
  var image = block.batch
  while image > 0 {
    image &-= 1
    var start = block.start &+ image &* block.image
    var c = 0
    while c < block.count {
      scalePlane(
        lanes, p.pointee.input + start, p.pointee.outputGradient + start, inputGradient + start, count: block.plane,
        factors(lanes, scratch, c), relu: relu)
      start &+= block.plane
      c &+= 1
    }
  }
}

/// Writes gradient · scale, of at least a vector of values. The gradients may be the same memory.
@inline(always)
private func scalePlane<L: Lanes>(
  _ lanes: L.Type, _ x: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>,
  _ inputGradient: UnsafeMutablePointer<Float>, count: Int, _ forward: ForwardFactors<L.Vector>, relu: Bool
) {
  // The last vector is computed before the vectors that it overlaps are stored.
  let final = count &- L.count
  let last = scaledGradient(lanes, x: L.load(x + final), gradient: L.load(gradient + final), forward, relu: relu)
  var i = 0
  while i &+ 2 &* L.count <= count {
    for k in 0..<2 {
      let offset = i &+ k &* L.count
      L.store(
        scaledGradient(lanes, x: L.load(x + offset), gradient: L.load(gradient + offset), forward, relu: relu),
        inputGradient + offset)
    }
    i &+= 2 &* L.count
  }
  if i &+ L.count <= count {
    L.store(
      scaledGradient(lanes, x: L.load(x + i), gradient: L.load(gradient + i), forward, relu: relu), inputGradient + i)
    i &+= L.count
  }
  if i < count { L.store(last, inputGradient + final) }
}

@inline(always)
private func scaleColumns<L: Lanes>(
  _ lanes: L.Type, _ block: ChannelBlock, _ p: UnsafePointer<BatchNormInferenceBackwardArguments>,
  _ inputGradient: UnsafeMutablePointer<Float>, _ scratch: NormalizationScratch, relu: Bool
) {
  let width = block.width
  var image = block.batch
  while image > 0 {
    image &-= 1
    let start = block.start &+ image &* block.image
    var column = 0
    while column &+ L.count <= width {
      let value = scaledGradient(
        lanes, x: L.load(p.pointee.input + (start &+ column)),
        gradient: L.load(p.pointee.outputGradient + (start &+ column)), columnFactors(lanes, scratch, column),
        relu: relu)
      L.store(value, inputGradient + (start &+ column))
      column &+= L.count
    }
    if column < width {
      let left = width &- column
      let value = scaledGradient(
        lanes, x: L.load(p.pointee.input + (start &+ column), first: left),
        gradient: L.load(p.pointee.outputGradient + (start &+ column), first: left),
        columnFactors(lanes, scratch, column), relu: relu)
      L.store(value, inputGradient + (start &+ column), first: left)
    }
  }
}

@inline(always)
private func scaledGradient<L: Lanes>(
  _ lanes: L.Type, x: L.Vector, gradient: L.Vector, _ forward: ForwardFactors<L.Vector>, relu: Bool
) -> L.Vector {
  centeredAndGradient(lanes, x: x, gradient: gradient, forward, relu: relu).gradient * forward.scale
}
