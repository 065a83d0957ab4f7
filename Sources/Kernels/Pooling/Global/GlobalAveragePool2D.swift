import KernelsISA

/// Planes that are pooled to one value each.
public struct GlobalPoolShape: Equatable, Hashable, Sendable {
  public var batch: Int
  public var channels: Int
  public var inputHeight: Int
  public var inputWidth: Int

  public init(batch: Int, channels: Int, inputHeight: Int, inputWidth: Int) {
    self.batch = batch
    self.channels = channels
    self.inputHeight = inputHeight
    self.inputWidth = inputWidth
  }

  /// The same pooling as adaptive pooling to 1×1.
  var adaptive: AdaptivePool2DShape {
    AdaptivePool2DShape(
      batch: batch, channels: channels, inputHeight: inputHeight, inputWidth: inputWidth, outputHeight: 1,
      outputWidth: 1)
  }
}

/// The mean of each plane: `[batch, channels, inputHeight, inputWidth]` to `[batch, channels]`.
public enum GlobalAveragePool2DForward: KernelOperation {
  public typealias Problem = GlobalPoolShape
  public typealias Operands = AveragePool2DForward.Operands

  public static let name = "global-average-pool2d"

  public static func validate(_ problem: GlobalPoolShape) throws(KernelError) {
    try problem.adaptive.validate(name)
  }

  /// `planes`: a vector sums neighbouring elements of a plane.
  public static let kernels: [Kernel<GlobalAveragePool2DForward>] =
    InstructionSet.allCases.map { level in
      let function = Levels.globalAveragePoolForward[level]
      return Kernel(algorithm: "planes", level: level) { shape, threads in
        let partition = PlanePartition(shape.adaptive.geometry, level: level, threads: threads)
        return PreparedKernel(workspaceByteCount: partition.parts * partition.outputPlanes.byteCount) {
          operands, workspace in
          partition.forward(function, operands.input, operands.output, scratch: workspace)
        }
      }
    } + [.reference(forwardReference)]

  @Sendable
  private static func forwardReference(_ shape: GlobalPoolShape, _ operands: Operands) {
    let count = shape.inputHeight * shape.inputWidth
    for plane in 0..<shape.batch * shape.channels {
      var sum: Float = 0
      for i in 0..<count { sum += operands.input[plane * count + i] }
      operands.output[plane] = sum / Float(count)
    }
  }
}

/// The gradient of global average pooling: each element of a plane gets its output's gradient, divided by the number of
/// elements.
public enum GlobalAveragePool2DBackward: KernelOperation {
  public typealias Problem = GlobalPoolShape
  public typealias Operands = AveragePool2DBackward.Operands

  public static let name = "global-average-pool2d"
  public static let pass = "backward-data"

  public static func validate(_ problem: GlobalPoolShape) throws(KernelError) {
    try problem.adaptive.validate(name)
  }

  /// `planes`: a vector fills neighbouring elements of a plane.
  public static let kernels: [Kernel<GlobalAveragePool2DBackward>] =
    InstructionSet.allCases.map { level in
      let function = Levels.globalAveragePoolBackward[level]
      return Kernel(algorithm: "planes", level: level) { shape, threads in
        let partition = PlanePartition(shape.adaptive.geometry, level: level, threads: threads)
        return PreparedKernel(workspaceByteCount: partition.parts * partition.inputPlanes.byteCount) {
          operands, workspace in
          partition.backward(
            function, operands.outputGradient, operands.inputGradient, scratch: workspace)
        }
      }
    } + [.reference(backwardReference)]

  @Sendable
  private static func backwardReference(_ shape: GlobalPoolShape, _ operands: Operands) {
    let count = shape.inputHeight * shape.inputWidth
    for plane in 0..<shape.batch * shape.channels {
      let windowGradient = operands.outputGradient[plane] / Float(count)
      (operands.inputGradient + plane * count).update(repeating: windowGradient, count: count)
    }
  }
}
