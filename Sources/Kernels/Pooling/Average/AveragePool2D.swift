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
        "2x2", $0, Levels.averagePool2x2Forward, scratchBytes: { _ in 0 },
        cost: { $0.is2x2 ? $0.cycles(share: 1) : nil })
    }
    + InstructionSet.allCases.map {
      row(
        "general", $0, Levels.averagePoolGeneralForward, scratchBytes: { $0.paddedPlaneByteCount },
        cost: { $0.cycles(share: 0.5) }
      )
    }
    + InstructionSet.allCases.map {
      row(
        "separable", $0, Levels.averagePoolSeparableForward, scratchBytes: { $0.separableByteCount },
        cost: { $0.cycles(share: $0.geometry.reducesRows ? 0.75 : 0.25) })
    }
    + InstructionSet.allCases.map {
      row(
        "3x3", $0, Levels.averagePool3x3Forward, scratchBytes: { $0.averageByteCount3x3 },
        cost: { $0.is3x3 ? $0.cycles(share: 1) : nil })
    }
    + InstructionSet.allCases.map {
      row(
        "disjoint", $0, Levels.averagePoolDisjointForward, scratchBytes: { $0.averageDisjointByteCount },
        cost: { $0.isDisjoint ? $0.cycles(share: 0.9) : nil })
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
        "2x2", $0, Levels.averagePool2x2Backward, scratchBytes: { _ in 0 },
        cost: { $0.is2x2 ? $0.cycles(share: 1) : nil })
    }
    + InstructionSet.allCases.map {
      row(
        "general", $0, Levels.averagePoolGeneralBackward,
        scratchBytes: { cacheLines($0.outputHeight * windowGradientStride($0.geometry) * 4) },
        cost: { $0.cycles(share: 0.5) })
    }
    + InstructionSet.allCases.map {
      row(
        "separable", $0, Levels.averagePoolSeparableBackward, scratchBytes: { $0.geometry.separableGradientByteCount },
        cost: { shape in
          // Measured: few gradients a row are summed quickly as they are, and many phases are slow to interleave.
          let isWorthIt = shape.strideWidth == 1 ? shape.kernelHeight * shape.kernelWidth > 25 : shape.strideWidth <= 3
          return shape.cycles(share: isWorthIt ? 0.75 : 0.25)
        })
    }
    + InstructionSet.allCases.map {
      row(
        "3x3", $0, Levels.averagePool3x3Backward,
        scratchBytes: { $0.geometry.averageGradientByteCount3x3 },
        cost: { $0.is3x3 ? $0.cycles(share: 1) : nil })
    }
    + InstructionSet.allCases.map {
      row(
        "disjoint", $0, Levels.averagePoolDisjointBackward, scratchBytes: { $0.geometry.averageDisjointByteCount },
        cost: { $0.isDisjoint ? $0.cycles(share: 0.9) : nil })
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
