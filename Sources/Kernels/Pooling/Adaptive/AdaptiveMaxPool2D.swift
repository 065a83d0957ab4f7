import ISA

/// The maximum of each window, the windows as even as whole elements permit.
///
/// Of equal values the first in scan order wins; every NaN takes the place of what came before it, so a window that holds
/// NaN yields its last one, as in PyTorch.
public enum AdaptiveMaxPool2DForward: KernelOperation {
  public typealias Problem = AdaptivePool2DShape

  public struct Operands {
    /// `[batch, channels, inputHeight, inputWidth]`
    public var input: UnsafePointer<Float>
    /// `[batch, channels, outputHeight, outputWidth]`
    public var output: UnsafeMutablePointer<Float>
    /// For each output its winner's place in the plane, y · inputWidth + x; nil where no gradient is wanted.
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

  public static let kernels: [Kernel<AdaptiveMaxPool2DForward>] =
    InstructionSet.allCases.map { level in
      let function = adaptiveMaxPoolForward[level]
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
            let own = workspace + part * 2 * bytes
            var arguments = AdaptiveMaxPoolArguments(
              input: operands.input + range.lowerBound * inputs, output: operands.output + range.lowerBound * outputs,
              indices: operands.indices.map { $0 + range.lowerBound * outputs }, planes: range.count,
              inputHeight: shape.inputHeight, inputWidth: shape.inputWidth, outputHeight: shape.outputHeight,
              outputWidth: shape.outputWidth, values: own.assumingMemoryBound(to: Float.self),
              rows: (own + bytes).assumingMemoryBound(to: Int32.self))
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
          var winner = rows.first * shape.inputWidth + columns.first
          for y in rows.first..<rows.end {
            for x in columns.first..<columns.end {
              let value = input[y * shape.inputWidth + x]
              if value > input[winner] || value.isNaN { winner = y * shape.inputWidth + x }
            }
          }
          let output = (plane * shape.outputHeight + oy) * shape.outputWidth + ox
          operands.output[output] = input[winner]
          operands.indices?[output] = Int32(winner)
        }
      }
    }
  }
}

/// The gradient of adaptive max pooling: each output's gradient is added at its window's winner, in scan order of the
/// outputs.
public enum AdaptiveMaxPool2DBackward: KernelOperation {
  public typealias Problem = AdaptivePool2DShape

  public struct Operands {
    /// `[batch, channels, outputHeight, outputWidth]`
    public var outputGradient: UnsafePointer<Float>
    /// What the forward pass recorded. An index that is none of the plane's adds nothing.
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
