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
        "2x2", $0, .twoByTwo, .average2x2, averagePoolTwoByTwoForward, scratchBytes: { _ in 0 })
    }
    + InstructionSet.allCases.map {
      row(
        "windows", $0, .general, .averageWindows, averagePoolWindowsForward, scratchBytes: { $0.scratchByteCount }
      )
    }
    + InstructionSet.allCases.map {
      row(
        "rows", $0, .separable, .averageRows, averagePoolRowsForward, scratchBytes: { $0.rowsScratchByteCount })
    }
    + InstructionSet.allCases.map {
      row(
        "3x3", $0, .threeByThree, .average3x3, averagePoolThreeByThreeForward,
        scratchBytes: { $0.averageThreeByThreeByteCount })
    }
    + InstructionSet.allCases.map {
      row(
        "tiles", $0, .disjoint, .averageTiles, averagePoolTilesForward, scratchBytes: { $0.averageTilesByteCount })
    }
    + [.reference(averagePool2DForwardReference)]

  private static func row(
    _ algorithm: String, _ level: InstructionSet, _ pooling: PoolAlgorithm, _ model: CostModel,
    _ functions: LevelFunctions<AveragePoolArguments>,
    scratchBytes: @escaping @Sendable (PoolGeometry) -> Int
  ) -> Kernel<AveragePool2DForward> {
    let function = functions[level]
    let terms: @Sendable (Pool2DShape, Machine) -> CostTerms? = { shape, _ in
      pooling.terms(model, shape, level, scratchBytes: scratchBytes(shape.geometry))
    }
    return Kernel(algorithm: algorithm, level: level, terms: terms) { shape, threads in
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
        "2x2", $0, .twoByTwo, .averageGradient2x2, averagePoolTwoByTwoBackward, scratchBytes: { _ in 0 })
    }
    + InstructionSet.allCases.map {
      row(
        "windows", $0, .general, .averageGradientWindows, averagePoolWindowsBackward,
        scratchBytes: { cacheLines($0.outputHeight * averagePoolSharesStride($0.geometry) * 4) })
    }
    + InstructionSet.allCases.map {
      row(
        "rows", $0, .separable, .averageGradientRows, averagePoolRowsBackward,
        scratchBytes: { $0.geometry.spreadByteCount })
    }
    + InstructionSet.allCases.map {
      row(
        "3x3", $0, .threeByThree, .averageGradient3x3, averagePoolThreeByThreeBackward,
        scratchBytes: { $0.geometry.averageThreeByThreeGradientByteCount })
    }
    + InstructionSet.allCases.map {
      row(
        "tiles", $0, .disjoint, .averageGradientTiles, averagePoolTilesBackward,
        scratchBytes: { $0.geometry.averageTilesByteCount })
    }
    + [.reference(averagePool2DBackwardReference)]

  private static func row(
    _ algorithm: String, _ level: InstructionSet, _ pooling: PoolAlgorithm, _ model: CostModel,
    _ functions: LevelFunctions<AveragePoolArguments>,
    scratchBytes: @escaping @Sendable (Pool2DShape) -> Int
  ) -> Kernel<AveragePool2DBackward> {
    let function = functions[level]
    let terms: @Sendable (Pool2DShape, Machine) -> CostTerms? = { shape, _ in
      pooling.terms(model, shape, level, isGradient: true, scratchBytes: scratchBytes(shape))
    }
    return Kernel(algorithm: algorithm, level: level, terms: terms) { shape, threads in
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
