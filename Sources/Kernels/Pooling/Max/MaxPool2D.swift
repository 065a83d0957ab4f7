import KernelsISA

/// The maximum of each window.
///
/// Padding is never the maximum. Of equal values the first in scan order is, and a NaN is larger than all values before it,
/// so a window with NaN yields its last one, as in PyTorch.
public enum MaxPool2DForward: KernelOperation {
  public typealias Problem = Pool2DShape

  public struct Operands {
    /// `[batch, channels, inputHeight, inputWidth]`
    public var input: UnsafePointer<Float>
    /// `[batch, channels, outputHeight, outputWidth]`
    public var output: UnsafeMutablePointer<Float>
    /// `[batch, channels, outputHeight, outputWidth]`: the index of each maximum in its window, ky · kernelWidth + kx. Nil if
    /// no gradient will be computed.
    public var maxIndices: UnsafeMutablePointer<Int32>?

    public init(
      input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, maxIndices: UnsafeMutablePointer<Int32>?
    ) {
      self.input = input
      self.output = output
      self.maxIndices = maxIndices
    }
  }

  public static let name = "max-pool2d"

  public static func validate(_ problem: Pool2DShape) throws(KernelError) {
    try problem.validate(name)
  }

  public static let kernels: [Kernel<MaxPool2DForward>] =
    InstructionSet.allCases.map {
      row(
        "2x2", $0, .twoByTwo, .max2x2, Levels.maxPool2x2Forward, scratchBytes: { _ in 0 }
      )
    }
    + InstructionSet.allCases.map {
      row("general", $0, .general, .maxGeneral, Levels.maxPoolGeneralForward, scratchBytes: { $0.paddedPlaneByteCount })
    }
    + InstructionSet.allCases.map {
      row(
        "separable", $0, .separable, .maxSeparable, Levels.maxPoolSeparableForward,
        scratchBytes: { $0.separableByteCount })
    }
    + InstructionSet.allCases.map {
      row(
        "3x3", $0, .threeByThree, .max3x3, Levels.maxPool3x3Forward, nonFiniteFallback: Levels.maxPoolSeparableForward,
        scratchBytes: { 64 + $0.byteCount3x3(components: 2) })
    }
    + InstructionSet.allCases.map {
      row(
        "disjoint", $0, .disjoint, .maxDisjoint, Levels.maxPoolDisjointForward,
        nonFiniteFallback: Levels.maxPoolSeparableForward,
        scratchBytes: { $0.maxDisjointByteCount })
    }
    + [.reference(maxPool2DForwardReference)]

  /// A row of the table.
  ///
  /// - Parameter nonFiniteFallback: the kernel that computes planes with NaN or infinities again, which the first kernel
  ///   reports by NaN at the start of its scratch memory; nil for a kernel that handles them itself.
  private static func row(
    _ algorithm: String, _ level: InstructionSet, _ pooling: PoolAlgorithm, _ model: CostModel,
    _ functions: LevelFunctions<MaxPoolForwardArguments>,
    nonFiniteFallback: LevelFunctions<MaxPoolForwardArguments>? = nil,
    scratchBytes: @escaping @Sendable (PoolGeometry) -> Int
  ) -> Kernel<MaxPool2DForward> {
    let function = functions[level]
    let fallback = nonFiniteFallback.map { $0[level] }
    let fallbackScratchBytes: @Sendable (PoolGeometry) -> Int = {
      fallback == nil ? 0 : $0.separableByteCount
    }
    let terms: @Sendable (Pool2DShape, Machine) -> CostTerms? = { shape, _ in
      pooling.terms(
        model, shape, level, scratchBytes: scratchBytes(shape.geometry) + fallbackScratchBytes(shape.geometry))
    }
    return Kernel(algorithm: algorithm, level: level, terms: terms) { shape, threads in
      let partition = PlanePartition(shape, level: level, threads: threads)
      let bytes = scratchBytes(shape.geometry)
      let planes = partition.outputPlanes
      let fallbackBytes = fallbackScratchBytes(shape.geometry)
      let threadByteCount = bytes + 2 * planes.byteCount + fallbackBytes
      return PreparedKernel(workspaceByteCount: partition.parts * threadByteCount) { operands, workspace in
        partition.run(storing: planes) { part, geometry, input, output in
          let threadWorkspace = workspace + part * threadByteCount
          let (values, indices) = (threadWorkspace + bytes, threadWorkspace + bytes + planes.byteCount)
          let maxIndices = operands.maxIndices.map { $0 + output }
          var arguments = MaxPoolForwardArguments(
            geometry: geometry, input: operands.input + input,
            output: planes.target(operands.output + output, values),
            maxIndices: maxIndices.map { planes.target($0, indices) },
            scratch: threadWorkspace.assumingMemoryBound(to: Float.self))
          function(&arguments)
          if let fallback, arguments.scratch.pointee.isNaN {
            arguments.geometry.isPrepared = false
            arguments.scratch = (threadWorkspace + (threadByteCount - fallbackBytes)).assumingMemoryBound(
              to: Float.self)
            fallback(&arguments)
          }
          planes.store(geometry.planes, values, to: operands.output + output)
          if let maxIndices { planes.store(geometry.planes, indices, to: maxIndices) }
        }
      }
    }
  }
}

/// The gradient of max pooling: each output's gradient is added to the input gradient at its window's maximum, in scan order
/// of the outputs.
public enum MaxPool2DBackward: KernelOperation {
  public typealias Problem = Pool2DShape

  public struct Operands {
    /// `[batch, channels, outputHeight, outputWidth]`
    public var outputGradient: UnsafePointer<Float>
    /// `[batch, channels, outputHeight, outputWidth]`, the indices that the forward pass wrote. An index outside
    /// 0 ..< kernelHeight · kernelWidth, or of an element outside the plane, adds nothing: that output's gradient is dropped,
    /// and no other memory is written.
    public var maxIndices: UnsafePointer<Int32>
    /// `[batch, channels, inputHeight, inputWidth]`; overwritten.
    public var inputGradient: UnsafeMutablePointer<Float>

    public init(
      outputGradient: UnsafePointer<Float>, maxIndices: UnsafePointer<Int32>,
      inputGradient: UnsafeMutablePointer<Float>
    ) {
      self.outputGradient = outputGradient
      self.maxIndices = maxIndices
      self.inputGradient = inputGradient
    }
  }

  public static let name = "max-pool2d"
  public static let pass = "backward-data"

  public static func validate(_ problem: Pool2DShape) throws(KernelError) {
    try problem.validate(name)
  }

  public static let kernels: [Kernel<MaxPool2DBackward>] =
    InstructionSet.allCases.map {
      row("2x2", $0, .twoByTwo, .maxGradient2x2, Levels.maxPool2x2Backward)
    }
    + InstructionSet.allCases.map { row("general", $0, .general, .maxGradientGeneral, Levels.maxPoolGeneralBackward) }
    + InstructionSet.allCases.map {
      row(
        "3x3", $0, .threeByThree, .maxGradient3x3, Levels.maxPool3x3Backward,
        scratchBytes: { $0.gradientByteCount3x3(components: 2) },
        arguments: { MaxPoolGatherArguments(pass: $0, scratch: $1) })
    }
    + [.reference(maxPool2DBackwardReference)]

  private static func row(
    _ algorithm: String, _ level: InstructionSet, _ pooling: PoolAlgorithm, _ model: CostModel,
    _ functions: LevelFunctions<MaxPoolBackwardArguments>
  ) -> Kernel<MaxPool2DBackward> {
    row(
      algorithm, level, pooling, model, functions, scratchBytes: { _ in 0 }, arguments: { pass, _ in pass })
  }

  private static func row<Arguments>(
    _ algorithm: String, _ level: InstructionSet, _ pooling: PoolAlgorithm, _ model: CostModel,
    _ functions: LevelFunctions<Arguments>,
    scratchBytes: @escaping @Sendable (PoolGeometry) -> Int,
    arguments: @escaping @Sendable (MaxPoolBackwardArguments, UnsafeMutablePointer<Float>) -> Arguments
  ) -> Kernel<MaxPool2DBackward> {
    let function = functions[level]
    let terms: @Sendable (Pool2DShape, Machine) -> CostTerms? = { shape, _ in
      pooling.terms(model, shape, level, isGradient: true, scratchBytes: scratchBytes(shape.geometry))
    }
    return Kernel(algorithm: algorithm, level: level, terms: terms) { shape, threads in
      let partition = PlanePartition(shape, level: level, threads: threads)
      let planes = partition.inputPlanes
      let bytes = scratchBytes(shape.geometry)
      let threadByteCount = bytes + planes.byteCount
      return PreparedKernel(workspaceByteCount: partition.parts * threadByteCount) { operands, workspace in
        partition.run(storing: planes) { part, geometry, input, output in
          let scratch = workspace + part * threadByteCount
          let planeScratch = scratch + bytes
          let pass = MaxPoolBackwardArguments(
            geometry: geometry, outputGradient: operands.outputGradient + output,
            maxIndices: operands.maxIndices + output,
            inputGradient: planes.target(operands.inputGradient + input, planeScratch))
          var arguments = arguments(pass, scratch.assumingMemoryBound(to: Float.self))
          function(&arguments)
          let next = partition.nextGradients(operands.outputGradient + output, operands.maxIndices + output, geometry)
          planes.store(geometry.planes, planeScratch, to: operands.inputGradient + input, prefetching: next)
        }
      }
    }
  }
}
