import KernelsISA

/// Normalises each channel by its mean and variance over batch and planes, then scales and shifts it:
/// y = (x − mean) / √(variance + ε) · weight + bias, with ReLU behind if chosen. The form for training.
///
/// A channel is summed in blocks of images that depend on the problem alone; the channels are partitioned among threads.
public enum BatchNormForward: KernelOperation {
  public static let name = "batch-norm"
  public typealias Problem = BatchNormProblem

  public struct Operands {
    /// `[batch, channels, plane]`
    public var input: UnsafePointer<Float>
    /// `[channels]`; nil for 1.
    public var weight: UnsafePointer<Float>?
    /// `[channels]`; nil for 0.
    public var bias: UnsafePointer<Float>?
    /// `[batch, channels, plane]`
    public var output: UnsafeMutablePointer<Float>
    /// `[3, channels]`, for the backward pass: the means, their rounding errors, and 1 / √(variance + ε).
    public var statistics: UnsafeMutablePointer<Float>
    /// `[channels]`: becomes (1 − momentum) · runningMean + momentum · mean. Nil for none.
    public var runningMean: UnsafeMutablePointer<Float>?
    /// `[channels]`: becomes (1 − momentum) · runningVariance + momentum · variance, with the unbiased variance, divided by
    /// n − 1; NaN if a channel has one value. Nil for none.
    public var runningVariance: UnsafeMutablePointer<Float>?
    /// The weight of this batch in the running values.
    public var momentum: Double

    public init(
      input: UnsafePointer<Float>, weight: UnsafePointer<Float>? = nil, bias: UnsafePointer<Float>? = nil,
      output: UnsafeMutablePointer<Float>, statistics: UnsafeMutablePointer<Float>,
      runningMean: UnsafeMutablePointer<Float>? = nil, runningVariance: UnsafeMutablePointer<Float>? = nil,
      momentum: Double = 0.1
    ) {
      self.input = input
      self.weight = weight
      self.bias = bias
      self.output = output
      self.statistics = statistics
      self.runningMean = runningMean
      self.runningVariance = runningVariance
      self.momentum = momentum
    }
  }

  /// `channels`: threads compute channels; a vector holds neighbouring pixels of one channel, or of several where planes are
  /// smaller than a vector.
  public static let kernels: [Kernel<BatchNormForward>] =
    InstructionSet.allCases.map { level in
      let body = Levels.batchNormForward[level]
      return Kernel(algorithm: "channels", level: level) { problem, threads in
        let parts = Work(bytes: problem.count * 12, pieces: problem.channels).parts(threads: threads)
        let block = ChannelBlock.channels(problem, arrays: 1)
        return PreparedKernel(workspaceByteCount: parts * NormalizationScratch.byteCount) { operands, workspace in
          if problem.count == 0 { return }
          let nonTemporal =
            problem.plane % 16 == 0 && Streaming.streams(problem.count, from: operands.input, to: operands.output)
          Parallel.run(parts: parts) { part in
            let range = Parallel.range(part, of: parts, items: problem.channels)
            var arguments = BatchNormArguments(
              input: operands.input, weight: operands.weight, bias: operands.bias, output: operands.output,
              statistics: operands.statistics, runningMean: operands.runningMean,
              runningVariance: operands.runningVariance, momentum: operands.momentum,
              epsilon: Double(problem.epsilon), batch: problem.batch, channels: problem.channels,
              plane: problem.plane, firstChannel: range.lowerBound, endChannel: range.upperBound,
              channelBlock: block, scratch: workspace + part * NormalizationScratch.byteCount,
              relu: problem.relu, nonTemporal: nonTemporal)
            body(&arguments)
          }
        }
      }
    } + [.reference(reference)]

  @Sendable
  private static func reference(_ problem: Problem, _ operands: Operands) {
    let (plane, values) = (problem.plane, problem.batch * problem.plane)
    if values == 0 { return }
    for channel in 0..<problem.channels {
      let offsets = (0..<values).map { ($0 / plane * problem.channels + channel) * plane + $0 % plane }
      let mean = offsets.reduce(0) { $0 + Double(operands.input[$1]) } / Double(values)
      let deviations = offsets.reduce(0) { sum, offset in
        let d = Double(operands.input[offset]) - mean
        return sum + d * d
      }
      let inverse = 1 / (deviations / Double(values) + Double(problem.epsilon)).squareRoot()
      let scale = Double(operands.weight?[channel] ?? 1) * inverse
      for offset in offsets {
        let y = Float((Double(operands.input[offset]) - mean) * scale + Double(operands.bias?[channel] ?? 0))
        operands.output[offset] = problem.relu && y <= 0 ? 0 : y
      }
      operands.statistics[channel] = Float(mean)
      operands.statistics[problem.channels + channel] = Float(mean - Double(Float(mean)))
      operands.statistics[2 * problem.channels + channel] = Float(inverse)
      updateRunning(operands.runningMean, channel, operands.momentum, mean)
      updateRunning(operands.runningVariance, channel, operands.momentum, deviations / Double(values - 1))
    }
  }
}
