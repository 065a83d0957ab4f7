import KernelsISA

/// The maximum of each window; the sizes of the windows differ by at most an element along each axis.
///
/// Of equal values the first in scan order is the maximum, and a NaN is larger than all values before it, so a window with NaN
/// yields its last one, as in PyTorch.
public enum AdaptiveMaxPool2DForward: KernelOperation {
  public typealias Problem = AdaptivePool2DShape

  public struct Operands {
    /// `[batch, channels, inputHeight, inputWidth]`
    public var input: UnsafePointer<Float>
    /// `[batch, channels, outputHeight, outputWidth]`
    public var output: UnsafeMutablePointer<Float>
    /// `[batch, channels, outputHeight, outputWidth]`: the index of each maximum in its plane, y · inputWidth + x. Nil if no
    /// gradient will be computed.
    public var indices: UnsafeMutablePointer<Int32>?

    public init(
      input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, indices: UnsafeMutablePointer<Int32>?
    ) {
      self.input = input
      self.output = output
      self.indices = indices
    }
  }

  public static let name = "adaptive-max-pool2d"

  public static func validate(_ problem: AdaptivePool2DShape) throws(KernelError) { try problem.validate(name) }

  /// `columns`: a vector finds the maxima of neighbouring columns of the input under a row of outputs.
  public static let kernels: [Kernel<AdaptiveMaxPool2DForward>] =
    InstructionSet.allCases.map { level in
      let function = Levels.adaptiveMaxPoolForward[level]
      return Kernel(
        algorithm: "columns", level: level, cost: { shape, _ in Workspace.cost(ifFits: 2 * shape.scratchByteCount) }
      ) { shape, threads in
        let (inputs, outputs) = (shape.inputHeight * shape.inputWidth, shape.outputHeight * shape.outputWidth)
        let planes = shape.batch * shape.channels
        let work = Work(
          multiplyAdds: planes * max(inputs, outputs) * 8, bytes: planes * (inputs + outputs) * 4, pieces: planes)
        let parts = work.parts(threads: threads)
        let bytes = shape.scratchByteCount
        return PreparedKernel(workspaceByteCount: parts * 2 * bytes) { operands, workspace in
          Parallel.run(parts: parts) { part in
            let range = Parallel.range(part, of: parts, items: planes)
            let threadWorkspace = workspace + part * 2 * bytes
            var arguments = AdaptiveMaxPoolArguments(
              input: operands.input + range.lowerBound * inputs, output: operands.output + range.lowerBound * outputs,
              indices: operands.indices.map { $0 + range.lowerBound * outputs }, planes: range.count,
              inputHeight: shape.inputHeight, inputWidth: shape.inputWidth, outputHeight: shape.outputHeight,
              outputWidth: shape.outputWidth, values: threadWorkspace.assumingMemoryBound(to: Float.self),
              rows: (threadWorkspace + bytes).assumingMemoryBound(to: Int32.self))
            function(&arguments)
          }
        }
      }
    } + [.reference(reference)]

  @Sendable
  private static func reference(_ shape: AdaptivePool2DShape, _ operands: Operands) {
    for plane in 0..<shape.batch * shape.channels {
      let input = operands.input + plane * shape.inputHeight * shape.inputWidth
      for oy in 0..<shape.outputHeight {
        for ox in 0..<shape.outputWidth {
          let rows = AdaptivePool2DShape.window(oy, input: shape.inputHeight, outputs: shape.outputHeight)
          let columns = AdaptivePool2DShape.window(ox, input: shape.inputWidth, outputs: shape.outputWidth)
          var maxIndex = rows.first * shape.inputWidth + columns.first
          for y in rows.first..<rows.end {
            for x in columns.first..<columns.end {
              let value = input[y * shape.inputWidth + x]
              if value > input[maxIndex] || value.isNaN { maxIndex = y * shape.inputWidth + x }
            }
          }
          let output = (plane * shape.outputHeight + oy) * shape.outputWidth + ox
          operands.output[output] = input[maxIndex]
          operands.indices?[output] = Int32(maxIndex)
        }
      }
    }
  }
}

/// The gradient of adaptive max pooling: each output's gradient is added to the input gradient at its window's maximum, in scan
/// order of the outputs.
public enum AdaptiveMaxPool2DBackward: KernelOperation {
  public typealias Problem = AdaptivePool2DShape

  public struct Operands {
    /// `[batch, channels, outputHeight, outputWidth]`
    public var outputGradient: UnsafePointer<Float>
    /// `[batch, channels, outputHeight, outputWidth]`, the indices that the forward pass wrote. An index outside the plane adds
    /// nothing.
    public var indices: UnsafePointer<Int32>
    /// `[batch, channels, inputHeight, inputWidth]`; overwritten.
    public var inputGradient: UnsafeMutablePointer<Float>

    public init(
      outputGradient: UnsafePointer<Float>, indices: UnsafePointer<Int32>, inputGradient: UnsafeMutablePointer<Float>
    ) {
      self.outputGradient = outputGradient
      self.indices = indices
      self.inputGradient = inputGradient
    }
  }

  public static let name = "adaptive-max-pool2d"
  public static let pass = "backward-data"

  public static func validate(_ problem: AdaptivePool2DShape) throws(KernelError) { try problem.validate(name) }

  /// `scatter`: each gradient is added at its index, one after the other. One kernel serves all levels.
  public static let kernels: [Kernel<AdaptiveMaxPool2DBackward>] = [
    Kernel(algorithm: "scatter", level: .lowest) { shape, threads in
      let (inputs, outputs) = (shape.inputHeight * shape.inputWidth, shape.outputHeight * shape.outputWidth)
      let planes = shape.batch * shape.channels
      let work = Work(multiplyAdds: planes * outputs * 16, bytes: planes * (inputs + 2 * outputs) * 4, pieces: planes)
      let parts = work.parts(threads: threads)
      return PreparedKernel { operands, _ in
        Parallel.run(parts: parts) { part in
          for plane in Parallel.range(part, of: parts, items: planes) {
            scatter(
              operands.outputGradient + plane * outputs, operands.indices + plane * outputs, count: outputs,
              to: operands.inputGradient + plane * inputs, count: inputs)
          }
        }
      }
    },
    .reference { shape, operands in
      let (inputs, outputs) = (shape.inputHeight * shape.inputWidth, shape.outputHeight * shape.outputWidth)
      operands.inputGradient.update(repeating: 0, count: shape.batch * shape.channels * inputs)
      for i in 0..<shape.batch * shape.channels * outputs where 0..<inputs ~= Int(operands.indices[i]) {
        operands.inputGradient[i / outputs * inputs + Int(operands.indices[i])] += operands.outputGradient[i]
      }
    },
  ]

  private static func scatter(
    _ gradients: UnsafePointer<Float>, _ indices: UnsafePointer<Int32>, count: Int,
    to sums: UnsafeMutablePointer<Float>, count inputs: Int
  ) {
    sums.update(repeating: 0, count: inputs)
    for i in 0..<count {
      let index = Int(indices[i])
      if index >= 0, index < inputs { sums[index] += gradients[i] }
    }
  }
}
