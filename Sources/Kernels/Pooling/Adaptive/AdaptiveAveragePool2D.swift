import KernelsISA

/// Pooling of planes of any size to a given output size.
public struct AdaptivePool2DShape: Equatable, Hashable, Sendable {
  public var batch: Int
  public var channels: Int
  public var inputHeight: Int
  public var inputWidth: Int
  public var outputHeight: Int
  public var outputWidth: Int

  public init(
    batch: Int, channels: Int, inputHeight: Int, inputWidth: Int, outputHeight: Int, outputWidth: Int
  ) {
    self.batch = batch
    self.channels = channels
    self.inputHeight = inputHeight
    self.inputWidth = inputWidth
    self.outputHeight = outputHeight
    self.outputWidth = outputWidth
  }

  /// The window of an output along an axis, PyTorch's formula: ⌊o · input / outputs⌋ ..< ⌈(o + 1) · input / outputs⌉.
  @inline(__always)
  static func window(_ output: Int, input: Int, outputs: Int) -> (first: Int, end: Int) {
    (output &* input / outputs, ((output &+ 1) &* input &+ outputs &- 1) / outputs)
  }

  func validate(_ operation: String) throws(KernelError) {
    try require(operation, "batch", batch, in: 0...Int.max)
    try require(operation, "channels", channels, in: 1...Int.max)
    let sizes = 1...Int(Int32.max)
    try require(operation, "inputHeight", inputHeight, in: sizes)
    try require(operation, "inputWidth", inputWidth, in: sizes)
    try require(operation, "outputHeight", outputHeight, in: sizes)
    try require(operation, "outputWidth", outputWidth, in: sizes)
    for (height, width) in [(inputHeight, inputWidth), (outputHeight, outputWidth)] {
      try product(operation, limit: Int(Int32.max), channels, height, width)
      try product(operation, batch, channels, height, width, MemoryLayout<Float>.stride)
    }
  }

  /// Bytes of scratch memory that a thread needs: a row of the input.
  var scratchByteCount: Int { cacheLines(inputWidth * MemoryLayout<Float>.stride) }

  var cost: Double? { Workspace.cost(ifFits: scratchByteCount) }

  /// The shape of the planes as level functions read it, without the fields of fixed windows.
  var geometry: PoolGeometry {
    PoolGeometry(
      planes: batch &* channels, inputHeight: inputHeight, inputWidth: inputWidth, outputHeight: outputHeight,
      outputWidth: outputWidth, kernelHeight: 0, kernelWidth: 0, strideHeight: 0, strideWidth: 0, paddingHeight: 0,
      paddingWidth: 0, dilationHeight: 1, dilationWidth: 1, insideFirst: 0, insideEnd: 0, countIncludePad: false,
      isPrepared: false)
  }
}

/// The mean of each window; the sizes of the windows differ by at most an element along each axis.
public enum AdaptiveAveragePool2DForward: KernelOperation {
  public typealias Problem = AdaptivePool2DShape
  public typealias Operands = AveragePool2DForward.Operands

  public static let name = "adaptive-average-pool2d"

  public static func validate(_ problem: AdaptivePool2DShape) throws(KernelError) {
    try problem.validate(name)
  }

  /// `columns`: a vector sums neighbouring columns of the input under a row of outputs.
  public static let kernels: [Kernel<AdaptiveAveragePool2DForward>] =
    InstructionSet.allCases.map { level in
      let function = Levels.adaptiveAveragePoolForward[level]
      return Kernel(algorithm: "columns", level: level, cost: { shape, _ in shape.cost }) { shape, threads in
        let partition = PlanePartition(shape.geometry, level: level, threads: threads)
        let bytes = shape.scratchByteCount
        return PreparedKernel(workspaceByteCount: partition.parts * (bytes + partition.outputPlanes.byteCount)) {
          operands, workspace in
          partition.forward(function, operands.input, operands.output, scratch: workspace, scratchBytesPerPart: bytes)
        }
      }
    } + [.reference(forwardReference)]

  @Sendable
  private static func forwardReference(_ shape: AdaptivePool2DShape, _ operands: Operands) {
    let (inputHeight, inputWidth) = (shape.inputHeight, shape.inputWidth)
    let (outputHeight, outputWidth) = (shape.outputHeight, shape.outputWidth)
    for plane in 0..<shape.batch * shape.channels {
      let input = operands.input + plane * inputHeight * inputWidth
      for oy in 0..<outputHeight {
        for ox in 0..<outputWidth {
          let rows = AdaptivePool2DShape.window(oy, input: inputHeight, outputs: outputHeight)
          let columns = AdaptivePool2DShape.window(ox, input: inputWidth, outputs: outputWidth)
          var sum: Float = 0
          for y in rows.first..<rows.end {
            for x in columns.first..<columns.end { sum += input[y * inputWidth + x] }
          }
          let count = (rows.end - rows.first) * (columns.end - columns.first)
          operands.output[(plane * outputHeight + oy) * outputWidth + ox] = sum / Float(count)
        }
      }
    }
  }
}

/// The gradient of adaptive average pooling: each output's gradient, divided by the size of its window, is added to the
/// elements of the window.
public enum AdaptiveAveragePool2DBackward: KernelOperation {
  public typealias Problem = AdaptivePool2DShape
  public typealias Operands = AveragePool2DBackward.Operands

  public static let name = "adaptive-average-pool2d"
  public static let pass = "backward-data"

  public static func validate(_ problem: AdaptivePool2DShape) throws(KernelError) {
    try problem.validate(name)
  }

  /// `rows`: the gradients of a row of outputs are added to the rows of the input under it, a vector of neighbouring elements
  /// at a time.
  public static let kernels: [Kernel<AdaptiveAveragePool2DBackward>] =
    InstructionSet.allCases.map { level in
      let function = Levels.adaptiveAveragePoolBackward[level]
      return Kernel(algorithm: "rows", level: level, cost: { shape, _ in shape.cost }) { shape, threads in
        let partition = PlanePartition(shape.geometry, level: level, threads: threads)
        let bytes = shape.scratchByteCount
        return PreparedKernel(workspaceByteCount: partition.parts * (bytes + partition.inputPlanes.byteCount)) {
          operands, workspace in
          partition.backward(
            function, operands.outputGradient, operands.inputGradient, scratch: workspace, scratchBytesPerPart: bytes)
        }
      }
    } + [.reference(backwardReference)]

  @Sendable
  private static func backwardReference(_ shape: AdaptivePool2DShape, _ operands: Operands) {
    let (inputHeight, inputWidth) = (shape.inputHeight, shape.inputWidth)
    let (outputHeight, outputWidth) = (shape.outputHeight, shape.outputWidth)
    for plane in 0..<shape.batch * shape.channels {
      let inputGradient = operands.inputGradient + plane * inputHeight * inputWidth
      inputGradient.update(repeating: 0, count: inputHeight * inputWidth)
      for oy in 0..<outputHeight {
        for ox in 0..<outputWidth {
          let rows = AdaptivePool2DShape.window(oy, input: inputHeight, outputs: outputHeight)
          let columns = AdaptivePool2DShape.window(ox, input: inputWidth, outputs: outputWidth)
          let count = (rows.end - rows.first) * (columns.end - columns.first)
          let windowGradient = operands.outputGradient[(plane * outputHeight + oy) * outputWidth + ox] / Float(count)
          for y in rows.first..<rows.end {
            for x in columns.first..<columns.end { inputGradient[y * inputWidth + x] += windowGradient }
          }
        }
      }
    }
  }
}
