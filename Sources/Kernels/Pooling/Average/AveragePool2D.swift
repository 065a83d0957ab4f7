import ISA

/// The mean of each window; `countIncludePad` says what it is divided by. There is no dilation.
public enum AveragePool2DForward: KernelOperation {
  public typealias Problem = Pool2DShape

  public struct Operands {
    /// `[batch, channels, inputHeight, inputWidth]`
    public var input: UnsafePointer<Float>
    /// `[batch, channels, outputHeight, outputWidth]`
    public var output: UnsafeMutablePointer<Float>

    public init(input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
      self.input = input
      self.output = output
    }
  }

  public static let name = "average-pool2d"

  public static func validate(_ problem: Pool2DShape) throws(KernelError) {
    try problem.validate(name, maximumDilation: 1)
  }

  public static let kernels: [Kernel<AveragePool2DForward>] =
    InstructionSet.allCases.map {
      row(
        "2x2", $0, averagePoolTwoByTwoForward, scratchBytes: { _ in 0 },
        cost: { $0.isTwoByTwo ? $0.cycles(share: 1) : nil })
    }
    + InstructionSet.allCases.map {
      row(
        "windows", $0, averagePoolWindowsForward, scratchBytes: { $0.scratchByteCount }, cost: { $0.cycles(share: 0.5) }
      )
    }
    + InstructionSet.allCases.map {
      row(
        "rows", $0, averagePoolRowsForward, scratchBytes: { $0.rowsScratchByteCount },
        cost: { $0.cycles(share: $0.geometry.reducesRows ? 0.75 : 0.25) })
    }
    + InstructionSet.allCases.map {
      row(
        "3x3", $0, averagePoolThreeByThreeForward, scratchBytes: { $0.averageThreeByThreeByteCount },
        cost: { $0.isThreeByThree ? $0.cycles(share: 1) : nil })
    }
    + InstructionSet.allCases.map {
      row(
        "tiles", $0, averagePoolTilesForward, scratchBytes: { $0.averageTilesByteCount },
        cost: { $0.isTiled ? $0.cycles(share: 0.9) : nil })
    }
    + [.reference(averagePool2DForwardReference)]

  private static func row(
    _ algorithm: String, _ level: InstructionSet, _ functions: LevelFunctions<AveragePoolArguments>,
    scratchBytes: @escaping @Sendable (PoolGeometry) -> Int,
    cost: @escaping @Sendable (Pool2DShape) -> Double?
  ) -> Kernel<AveragePool2DForward> {
    let function = functions[level]
    let fitting: @Sendable (Pool2DShape, Machine) -> Double? = { shape, _ in
      Workspace.cost(cost(shape), ifFits: scratchBytes(shape.geometry))
    }
    return Kernel(algorithm: algorithm, level: level, cost: fitting) { shape, threads in
      let split = PlanePartition(shape.geometry, level: level, threads: threads)
      let bytes = scratchBytes(shape.geometry)
      return PreparedKernel(workspaceByteCount: split.parts * (bytes + split.outputPlanes.byteCount)) {
        operands, workspace in
        split.forward(function, operands.input, operands.output, scratch: workspace, scratchBytesPerPart: bytes)
      }
    }
  }
}

/// The gradient of average pooling: each output's gradient, over its divisor, is added to all of its window in the
/// input.
public enum AveragePool2DBackward: KernelOperation {
  public typealias Problem = Pool2DShape

  public struct Operands {
    /// `[batch, channels, outputHeight, outputWidth]`
    public var outputGradient: UnsafePointer<Float>
    /// `[batch, channels, inputHeight, inputWidth]`; overwritten.
    public var inputGradient: UnsafeMutablePointer<Float>

    public init(outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>) {
      self.outputGradient = outputGradient
      self.inputGradient = inputGradient
    }
  }

  public static let name = "average-pool2d"
  public static let pass = "backward-data"

  public static func validate(_ problem: Pool2DShape) throws(KernelError) {
    try problem.validate(name, maximumDilation: 1)
  }

  public static let kernels: [Kernel<AveragePool2DBackward>] =
    InstructionSet.allCases.map {
      row(
        "2x2", $0, averagePoolTwoByTwoBackward, scratchBytes: { _ in 0 },
        cost: { $0.isTwoByTwo ? $0.cycles(share: 1) : nil })
    }
    + InstructionSet.allCases.map {
      row(
        "windows", $0, averagePoolWindowsBackward,
        scratchBytes: { cacheLines($0.outputHeight * averagePoolSharesStride($0.geometry) * 4) },
        cost: { $0.cycles(share: 0.5) })
    }
    + InstructionSet.allCases.map {
      row(
        "rows", $0, averagePoolRowsBackward, scratchBytes: { $0.geometry.spreadByteCount },
        cost: { shape in
          // Measured: a row's shares are soon summed with few of them, and slowly woven together with many phases.
          let isWorthIt = shape.strideWidth == 1 ? shape.kernelHeight * shape.kernelWidth > 25 : shape.strideWidth <= 3
          return shape.cycles(share: isWorthIt ? 0.75 : 0.25)
        })
    }
    + InstructionSet.allCases.map {
      row(
        "3x3", $0, averagePoolThreeByThreeBackward,
        scratchBytes: { $0.geometry.averageThreeByThreeGradientByteCount },
        cost: { $0.isThreeByThree ? $0.cycles(share: 1) : nil })
    }
    + InstructionSet.allCases.map {
      row(
        "tiles", $0, averagePoolTilesBackward, scratchBytes: { $0.geometry.averageTilesByteCount },
        cost: { $0.isTiled ? $0.cycles(share: 0.9) : nil })
    }
    + [.reference(averagePool2DBackwardReference)]

  private static func row(
    _ algorithm: String, _ level: InstructionSet, _ functions: LevelFunctions<AveragePoolArguments>,
    scratchBytes: @escaping @Sendable (Pool2DShape) -> Int, cost: @escaping @Sendable (Pool2DShape) -> Double?
  ) -> Kernel<AveragePool2DBackward> {
    let function = functions[level]
    let fitting: @Sendable (Pool2DShape, Machine) -> Double? = { shape, _ in
      Workspace.cost(cost(shape), ifFits: scratchBytes(shape))
    }
    return Kernel(algorithm: algorithm, level: level, cost: fitting) { shape, threads in
      let split = PlanePartition(shape.geometry, level: level, threads: threads)
      let bytes = scratchBytes(shape)
      return PreparedKernel(workspaceByteCount: split.parts * (bytes + split.inputPlanes.byteCount)) {
        operands, workspace in
        split.backward(
          function, operands.outputGradient, operands.inputGradient, scratch: workspace, scratchBytesPerPart: bytes)
      }
    }
  }
}
