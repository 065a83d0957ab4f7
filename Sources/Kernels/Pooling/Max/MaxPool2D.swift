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
        "2x2", $0, Levels.maxPool2x2Forward, scratchBytes: { _ in 0 }, cost: { $0.is2x2 ? $0.cycles(share: 1) : nil }
      )
    }
    + InstructionSet.allCases.map {
      row(
        "general", $0, Levels.maxPoolGeneralForward, scratchBytes: { $0.paddedPlaneByteCount },
        cost: { $0.cycles(share: 0.5) })
    }
    + InstructionSet.allCases.map {
      row(
        "separable", $0, Levels.maxPoolSeparableForward, scratchBytes: { $0.separableByteCount },
        cost: { $0.cycles(share: $0.geometry.reducesRows ? 0.75 : 0.25) })
    }
    + InstructionSet.allCases.map {
      row(
        "3x3", $0, Levels.maxPool3x3Forward, nonFiniteFallback: Levels.maxPoolSeparableForward,
        scratchBytes: { 64 + $0.byteCount3x3(components: 2) },
        cost: { $0.is3x3 ? $0.cycles(share: 1) : nil })
    }
    + InstructionSet.allCases.map {
      row(
        "disjoint", $0, Levels.maxPoolDisjointForward, nonFiniteFallback: Levels.maxPoolSeparableForward,
        scratchBytes: { $0.maxDisjointByteCount },
        cost: { $0.isDisjoint ? $0.cycles(share: 0.9) : nil })
    }
    + [.reference(maxPool2DForwardReference)]

  /// A row of the table.
  ///
  /// - Parameter nonFiniteFallback: the kernel that computes planes with NaN or infinities again, which the first kernel
  ///   reports by NaN at the start of its scratch memory; nil for a kernel that handles them itself.
  private static func row(
    _ algorithm: String, _ level: InstructionSet, _ functions: LevelFunctions<MaxPoolForwardArguments>,
    nonFiniteFallback: LevelFunctions<MaxPoolForwardArguments>? = nil,
    scratchBytes: @escaping @Sendable (PoolGeometry) -> Int,
    cost: @escaping @Sendable (Pool2DShape) -> Double?
  ) -> Kernel<MaxPool2DForward> {
    let function = functions[level]
    let fallback = nonFiniteFallback.map { $0[level] }
    let fallbackScratchBytes: @Sendable (PoolGeometry) -> Int = {
      fallback == nil ? 0 : $0.separableByteCount
    }
    let fitting: @Sendable (Pool2DShape, Machine) -> Double? = { shape, _ in
      Workspace.cost(cost(shape), ifFits: scratchBytes(shape.geometry) + fallbackScratchBytes(shape.geometry))
    }
    return Kernel(algorithm: algorithm, level: level, cost: fitting) { shape, threads in
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
      row("2x2", $0, Levels.maxPool2x2Backward, cost: { $0.is2x2 ? $0.cycles(share: 1) : nil })
    }
    + InstructionSet.allCases.map { row("general", $0, Levels.maxPoolGeneralBackward, cost: { $0.cycles(share: 0.5) }) }
    + InstructionSet.allCases.map {
      row(
        "3x3", $0, Levels.maxPool3x3Backward, scratchBytes: { $0.gradientByteCount3x3(components: 2) },
        cost: { $0.is3x3 ? $0.cycles(share: 1) : nil },
        arguments: { MaxPoolGatherArguments(pass: $0, scratch: $1) })
    }
    + [.reference(maxPool2DBackwardReference)]

  private static func row(
    _ algorithm: String, _ level: InstructionSet, _ functions: LevelFunctions<MaxPoolBackwardArguments>,
    cost: @escaping @Sendable (Pool2DShape) -> Double?
  ) -> Kernel<MaxPool2DBackward> {
    row(algorithm, level, functions, scratchBytes: { _ in 0 }, cost: cost, arguments: { pass, _ in pass })
  }

  private static func row<Arguments>(
    _ algorithm: String, _ level: InstructionSet, _ functions: LevelFunctions<Arguments>,
    scratchBytes: @escaping @Sendable (PoolGeometry) -> Int,
    cost: @escaping @Sendable (Pool2DShape) -> Double?,
    arguments: @escaping @Sendable (MaxPoolBackwardArguments, UnsafeMutablePointer<Float>) -> Arguments
  ) -> Kernel<MaxPool2DBackward> {
    let function = functions[level]
    let fitting: @Sendable (Pool2DShape, Machine) -> Double? = { shape, _ in
      Workspace.cost(cost(shape), ifFits: scratchBytes(shape.geometry))
    }
    return Kernel(algorithm: algorithm, level: level, cost: fitting) { shape, threads in
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
