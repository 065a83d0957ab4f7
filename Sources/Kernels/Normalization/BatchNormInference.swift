import KernelsISA

/// Normalises each channel by given statistics: y = (x − mean) · weight / √(variance + ε) + bias, with ReLU behind if chosen:
/// a subtraction and a multiply-add. The form for inference: an image's output does not depend on the others.
public enum BatchNormInference: KernelOperation {
  public static let name = "batch-norm-inference"
  public typealias Problem = BatchNormProblem

  public struct Operands {
    /// `[batch, channels, plane]`
    public var input: UnsafePointer<Float>
    /// `[channels]`; nil for 1.
    public var weight: UnsafePointer<Float>?
    /// `[channels]`; nil for 0.
    public var bias: UnsafePointer<Float>?
    /// `[channels]`
    public var runningMean: UnsafePointer<Float>
    /// `[channels]`
    public var runningVariance: UnsafePointer<Float>
    /// `[batch, channels, plane]`; may be the input's memory, and no other part of it.
    public var output: UnsafeMutablePointer<Float>

    public init(
      input: UnsafePointer<Float>, weight: UnsafePointer<Float>? = nil, bias: UnsafePointer<Float>? = nil,
      runningMean: UnsafePointer<Float>, runningVariance: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
    ) {
      self.input = input
      self.weight = weight
      self.bias = bias
      self.runningMean = runningMean
      self.runningVariance = runningVariance
      self.output = output
    }
  }

  /// `planes`: threads compute planes; a vector holds neighbouring pixels of one channel, or of several where planes are smaller
  /// than a vector.
  public static let kernels: [Kernel<BatchNormInference>] =
    InstructionSet.allCases.map { level in
      let body = Levels.batchNormInference[level]
      return Kernel(
        algorithm: "planes", level: level,
        cost: { problem, _ in Workspace.cost(ifFits: InferenceScratch.byteCount(problem)) }
      ) { problem, threads in
        let planes = problem.batch * problem.channels
        let parts = Work(bytes: problem.count * 8, pieces: planes).parts(threads: threads)
        let scratch = InferenceScratch.byteCount(problem)
        return PreparedKernel(workspaceByteCount: parts * scratch) { operands, workspace in
          if problem.count == 0 { return }
          let nonTemporal =
            problem.plane % 16 == 0 && Streaming.streams(problem.count, from: operands.input, to: operands.output)
          Parallel.run(parts: parts) { part in
            let range = Parallel.range(part, of: parts, items: planes)
            var arguments = BatchNormInferenceArguments(
              input: operands.input, weight: operands.weight, bias: operands.bias, runningMean: operands.runningMean,
              runningVariance: operands.runningVariance, output: operands.output, epsilon: problem.epsilon,
              channels: problem.channels, plane: problem.plane, firstPlane: range.lowerBound,
              endPlane: range.upperBound, scratch: (workspace + part * scratch).assumingMemoryBound(to: Float.self),
              relu: problem.relu, nonTemporal: nonTemporal)
            body(&arguments)
          }
        }
      }
    } + [.reference(reference)]

  @Sendable
  private static func reference(_ problem: Problem, _ operands: Operands) {
    for i in 0..<problem.count {
      let channel = i / problem.plane % problem.channels
      let deviation = (Double(operands.runningVariance[channel]) + Double(problem.epsilon)).squareRoot()
      let standard = (Double(operands.input[i]) - Double(operands.runningMean[channel])) / deviation
      let y = Float(standard * Double(operands.weight?[channel] ?? 1) + Double(operands.bias?[channel] ?? 0))
      operands.output[i] = problem.relu && y <= 0 ? 0 : y
    }
  }
}

/// The arguments of ``batchNormInference(_:_:)``; arrays as in ``BatchNormInference/Operands``.
struct BatchNormInferenceArguments {
  var input: UnsafePointer<Float>
  /// `[channels]`; nil for 1.
  var weight: UnsafePointer<Float>?
  /// `[channels]`; nil for 0.
  var bias: UnsafePointer<Float>?
  /// `[channels]`
  var runningMean: UnsafePointer<Float>
  /// `[channels]`
  var runningVariance: UnsafePointer<Float>
  /// The input's shape; may be the input's memory.
  var output: UnsafeMutablePointer<Float>
  /// Added to the variance.
  var epsilon: Float
  /// Channels of an image.
  var channels: Int
  /// Pixels of a channel.
  var plane: Int
  /// The first plane to compute, counted over all images.
  var firstPlane: Int
  /// The plane behind the last to compute.
  var endPlane: Int
  /// Scratch memory of ``InferenceScratch/byteCount(_:)`` bytes.
  var scratch: UnsafeMutablePointer<Float>
  /// Whether negative outputs become 0.
  var relu: Bool
  /// Whether planes of the output are whole, aligned vectors that are stored with non-temporal stores.
  var nonTemporal: Bool
}

/// The factors of all channels, and of all columns of an image where planes are smaller than a vector.
private struct InferenceScratch {
  /// `[channels]`: the scales.
  let scales: UnsafeMutablePointer<Float>
  /// The mean, scale and offset of each column, three arrays that are `columnStride` floats apart.
  let columns: UnsafeMutablePointer<Float>
  let columnStride: Int

  @inline(always)
  init(_ p: UnsafePointer<BatchNormInferenceArguments>) {
    scales = p.pointee.scratch
    columns = scales + InferenceScratch.padded(p.pointee.channels)
    columnStride = InferenceScratch.padded(p.pointee.channels &* p.pointee.plane)
  }

  /// Floats for `count` values and the excess of a vector.
  @inline(always) private static func padded(_ count: Int) -> Int { (count &+ 31) & ~15 }

  static func byteCount(_ problem: BatchNormProblem) -> Int {
    let columns = problem.plane < 16 ? 3 * padded(problem.channels * problem.plane) : 0
    return (padded(problem.channels) + columns) * MemoryLayout<Float>.stride
  }
}

@inline(always)
func batchNormInference<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<BatchNormInferenceArguments>) {
  let scratch = InferenceScratch(p)
  var channel = 0
  while channel < p.pointee.channels {
    let left = p.pointee.channels &- channel
    let variance = L.load(p.pointee.runningVariance + channel, first: left)
    var scale = L.splat(1) / (variance + L.splat(p.pointee.epsilon)).squareRoot()
    if let weight = p.pointee.weight { scale = L.load(weight + channel, first: left) * scale }
    L.store(scale, scratch.scales + channel)
    channel &+= L.count
  }
  let floor = outputFloor(lanes, relu: p.pointee.relu)
  if p.pointee.plane < L.count {
    inferColumns(lanes, p, scratch, floor: floor)
  } else if p.pointee.nonTemporal {
    inferPlanes(lanes, p, scratch, floor: floor, nonTemporal: true)
    isa_stream_fence()
  } else {
    inferPlanes(lanes, p, scratch, floor: floor, nonTemporal: false)
  }
}

@inline(always)
private func inferPlanes<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<BatchNormInferenceArguments>, _ scratch: InferenceScratch, floor: L.Vector,
  nonTemporal: Bool
) {
  let plane = p.pointee.plane
  var channel = p.pointee.firstPlane % p.pointee.channels
  var index = p.pointee.firstPlane
  while index < p.pointee.endPlane {
    normalizePlane(
      lanes, p.pointee.input + index &* plane, p.pointee.output + index &* plane, count: plane,
      mean: L.splat(p.pointee.runningMean[channel]), scale: L.splat(scratch.scales[channel]),
      offset: L.splat(value(p.pointee.bias, channel, 0)), floor: floor, nonTemporal: nonTemporal)
    channel &+= 1
    if channel == p.pointee.channels { channel = 0 }
    index &+= 1
  }
}

@inline(always)
private func inferColumns<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<BatchNormInferenceArguments>, _ scratch: InferenceScratch, floor: L.Vector
) {
  let (channels, plane) = (p.pointee.channels, p.pointee.plane)
  let means = scratch.columns
  let scales = means + scratch.columnStride
  let offsets = scales + scratch.columnStride
  var column = 0
  var channel = 0
  while channel < channels {
    let offset = value(p.pointee.bias, channel, 0)
    let end = column &+ plane
    while column < end {
      means[column] = p.pointee.runningMean[channel]
      scales[column] = scratch.scales[channel]
      offsets[column] = offset
      column &+= 1
    }
    channel &+= 1
  }
  // A run of planes of one image at a time.
  let width = channels &* plane
  var i = p.pointee.firstPlane &* plane
  let end = p.pointee.endPlane &* plane
  var firstColumn = i % width
  while i < end {
    let count = width &- firstColumn < end &- i ? width &- firstColumn : end &- i
    normalizeRow(
      lanes, p.pointee.input + i, p.pointee.output + i, count: count, means: means + firstColumn,
      scales: scales + firstColumn,
      offsets: offsets + firstColumn, floor: floor)
    i &+= count
    firstColumn = 0
  }
}
