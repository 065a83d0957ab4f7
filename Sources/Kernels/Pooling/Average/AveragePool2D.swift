import KernelsISA

/// The mean of each window; ``Pool2DShape/countIncludePad`` chooses the divisor. There is no dilation.
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
        "2x2", $0, .twoByTwo, .average2x2, Levels.averagePool2x2Forward, scratchBytes: { _ in 0 })
    }
    + InstructionSet.allCases.map {
      row(
        "general", $0, .general, .averageGeneral, Levels.averagePoolGeneralForward,
        scratchBytes: { $0.paddedPlaneByteCount }
      )
    }
    + InstructionSet.allCases.map {
      row(
        "separable", $0, .separable, .averageSeparable, Levels.averagePoolSeparableForward,
        scratchBytes: { $0.separableByteCount })
    }
    + InstructionSet.allCases.map {
      row(
        "3x3", $0, .threeByThree, .average3x3, Levels.averagePool3x3Forward,
        scratchBytes: { $0.averageByteCount3x3 })
    }
    + InstructionSet.allCases.map {
      row(
        "disjoint", $0, .disjoint, .averageDisjoint, Levels.averagePoolDisjointForward,
        scratchBytes: { $0.averageDisjointByteCount })
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
      let partition = PlanePartition(shape.geometry, level: level, threads: threads)
      let bytes = scratchBytes(shape.geometry)
      return PreparedKernel(workspaceByteCount: partition.parts * (bytes + partition.outputPlanes.byteCount)) {
        operands, workspace in
        partition.forward(function, operands.input, operands.output, scratch: workspace, scratchBytesPerPart: bytes)
      }
    }
  }
}

/// The gradient of average pooling: each output's gradient, divided by the divisor of its window, is added to all input
/// elements of the window.
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
        "2x2", $0, .twoByTwo, .averageGradient2x2, Levels.averagePool2x2Backward, scratchBytes: { _ in 0 })
    }
    + InstructionSet.allCases.map {
      row(
        "general", $0, .general, .averageGradientGeneral, Levels.averagePoolGeneralBackward,
        scratchBytes: { cacheLines($0.outputHeight * windowGradientStride($0.geometry) * 4) })
    }
    + InstructionSet.allCases.map {
      row(
        "separable", $0, .separable, .averageGradientSeparable, Levels.averagePoolSeparableBackward,
        scratchBytes: { $0.geometry.separableGradientByteCount })
    }
    + InstructionSet.allCases.map {
      row(
        "3x3", $0, .threeByThree, .averageGradient3x3, Levels.averagePool3x3Backward,
        scratchBytes: { $0.geometry.averageGradientByteCount3x3 })
    }
    + InstructionSet.allCases.map {
      row(
        "disjoint", $0, .disjoint, .averageGradientDisjoint, Levels.averagePoolDisjointBackward,
        scratchBytes: { $0.geometry.averageDisjointByteCount })
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
      let partition = PlanePartition(shape.geometry, level: level, threads: threads)
      let bytes = scratchBytes(shape)
      return PreparedKernel(workspaceByteCount: partition.parts * (bytes + partition.inputPlanes.byteCount)) {
        operands, workspace in
        partition.backward(
          function, operands.outputGradient, operands.inputGradient, scratch: workspace, scratchBytesPerPart: bytes)
      }
    }
  }
}
