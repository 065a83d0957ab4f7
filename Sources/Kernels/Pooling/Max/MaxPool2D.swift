import ISA

/// The maximum of each window.
///
/// Padding is never chosen. Of equal values the first in scan order wins; every NaN takes the place of what came before
/// it, so a window that holds NaN yields its last one, as in PyTorch.
public enum MaxPool2DForward: KernelOperation {
  public typealias Problem = Pool2DShape

  public struct Operands {
    /// `[batch, channels, inputHeight, inputWidth]`
    public var input: UnsafePointer<Float>
    /// `[batch, channels, outputHeight, outputWidth]`
    public var output: UnsafeMutablePointer<Float>
    /// For each output its winner's place in the window, ky · kernelWidth + kx; nil where no gradient is wanted.
    public var positions: UnsafeMutablePointer<Int32>?

    public init(
      input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, positions: UnsafeMutablePointer<Int32>?
    ) {
      self.input = input
      self.output = output
      self.positions = positions
    }
  }

  public static let name = "max-pool2d"

  public static func validate(_ problem: Pool2DShape) throws(KernelError) {
    try problem.validate(name)
  }

  public static let kernels: [Kernel<MaxPool2DForward>] =
    InstructionSet.allCases.map {
      row(
        "2x2", $0, maxPoolTwoByTwoForward, scratchBytes: { _ in 0 }, cost: { $0.isTwoByTwo ? $0.cycles(share: 1) : nil }
      )
    }
    + InstructionSet.allCases.map {
      row("windows", $0, maxPoolWindowsForward, scratchBytes: { $0.scratchByteCount }, cost: { $0.cycles(share: 0.5) })
    }
    + InstructionSet.allCases.map {
      row(
        "rows", $0, maxPoolRowsForward, scratchBytes: { $0.rowsScratchByteCount },
        cost: { $0.cycles(share: $0.geometry.reducesRows ? 0.75 : 0.25) })
    }
    + InstructionSet.allCases.map {
      row(
        "3x3", $0, maxPoolThreeByThreeForward, withSpecials: maxPoolRowsForward,
        scratchBytes: { 64 + $0.threeByThreeByteCount(parts: 2) },
        cost: { $0.isThreeByThree ? $0.cycles(share: 1) : nil })
    }
    + InstructionSet.allCases.map {
      row(
        "tiles", $0, maxPoolTilesForward, withSpecials: maxPoolRowsForward, scratchBytes: { $0.maxTilesByteCount },
        cost: { $0.isTiled ? $0.cycles(share: 0.9) : nil })
    }
    + [.reference(maxPool2DForwardReference)]

  /// - Parameter withSpecials: what to run for planes in which the kernel met NaN or an infinity, which it says by NaN at
  ///   the start of its scratch memory; nil for a kernel that minds them itself.
  private static func row(
    _ algorithm: String, _ level: InstructionSet, _ functions: LevelFunctions<MaxPoolForwardArguments>,
    withSpecials: LevelFunctions<MaxPoolForwardArguments>? = nil,
    scratchBytes: @escaping @Sendable (PoolGeometry) -> Int,
    cost: @escaping @Sendable (Pool2DShape) -> Double?
  ) -> Kernel<MaxPool2DForward> {
    let function = functions[level]
    let withSpecials = withSpecials.map { $0[level] }
    let specialScratchBytes: @Sendable (PoolGeometry) -> Int = {
      withSpecials == nil ? 0 : $0.rowsScratchByteCount
    }
    let fitting: @Sendable (Pool2DShape, Machine) -> Double? = { shape, _ in
      Workspace.cost(cost(shape), ifFits: scratchBytes(shape.geometry) + specialScratchBytes(shape.geometry))
    }
    return Kernel(algorithm: algorithm, level: level, cost: fitting) { shape, threads in
      let split = PlanePartition(shape, level: level, threads: threads)
      let bytes = scratchBytes(shape.geometry)
      let planes = split.outputPlanes
      let specialBytes = specialScratchBytes(shape.geometry)
      let ownByteCount = bytes + 2 * planes.byteCount + specialBytes
      return PreparedKernel(workspaceByteCount: split.parts * ownByteCount) { operands, workspace in
        split.run(making: planes) { part, geometry, input, output in
          let own = workspace + part * ownByteCount
          let (values, places) = (own + bytes, own + bytes + planes.byteCount)
          let positions = operands.positions.map { $0 + output }
          var arguments = MaxPoolForwardArguments(
            geometry: geometry, input: operands.input + input,
            output: planes.place(operands.output + output, values),
            positions: positions.map { planes.place($0, places) }, scratch: own.assumingMemoryBound(to: Float.self))
          function(&arguments)
          if let withSpecials, arguments.scratch.pointee.isNaN {
            arguments.geometry.isPrepared = 0
            arguments.scratch = (own + (ownByteCount - specialBytes)).assumingMemoryBound(to: Float.self)
            withSpecials(&arguments)
          }
          planes.store(geometry.planes, values, to: operands.output + output)
          if let positions { planes.store(geometry.planes, places, to: positions) }
        }
      }
    }
  }
}

/// The gradient of max pooling: each output's gradient is added at its window's winner, in scan order of the outputs.
public enum MaxPool2DBackward: KernelOperation {
  public typealias Problem = Pool2DShape

  public struct Operands {
    /// `[batch, channels, outputHeight, outputWidth]`
    public var outputGradient: UnsafePointer<Float>
    /// What the forward pass recorded. A position that is none of the window's, below 0 or from kernelHeight · kernelWidth
    /// on, or where the window reaches out of the plane, adds nothing: the gradient is lost, and nothing else is
    /// written.
    public var positions: UnsafePointer<Int32>
    /// `[batch, channels, inputHeight, inputWidth]`; overwritten.
    public var inputGradient: UnsafeMutablePointer<Float>

    public init(
      outputGradient: UnsafePointer<Float>, positions: UnsafePointer<Int32>,
      inputGradient: UnsafeMutablePointer<Float>
    ) {
      self.outputGradient = outputGradient
      self.positions = positions
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
      row("2x2", $0, maxPoolTwoByTwoBackward, cost: { $0.isTwoByTwo ? $0.cycles(share: 1) : nil })
    }
    + InstructionSet.allCases.map { row("windows", $0, maxPoolWindowsBackward, cost: { $0.cycles(share: 0.5) }) }
    + InstructionSet.allCases.map {
      row(
        "3x3", $0, maxPoolThreeByThreeBackward, scratchBytes: { $0.threeByThreeGradientByteCount(parts: 2) },
        cost: { $0.isThreeByThree ? $0.cycles(share: 1) : nil },
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
      let split = PlanePartition(shape, level: level, threads: threads)
      let planes = split.inputPlanes
      let bytes = scratchBytes(shape.geometry)
      let ownByteCount = bytes + planes.byteCount
      return PreparedKernel(workspaceByteCount: split.parts * ownByteCount) { operands, workspace in
        split.run(making: planes) { part, geometry, input, output in
          let scratch = workspace + part * ownByteCount
          let own = scratch + bytes
          let pass = MaxPoolBackwardArguments(
            geometry: geometry, outputGradient: operands.outputGradient + output,
            positions: operands.positions + output, inputGradient: planes.place(operands.inputGradient + input, own))
          var arguments = arguments(pass, scratch.assumingMemoryBound(to: Float.self))
          function(&arguments)
          let next = split.outputsAhead(operands.outputGradient + output, operands.positions + output, geometry)
          planes.store(geometry.planes, own, to: operands.inputGradient + input, ahead: next)
        }
      }
    }
  }
}
