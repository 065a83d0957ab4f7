import ISA

/// Shares the planes of a pooling problem out to threads. No result depends on it: planes are independent.
struct PlaneSplit: Sendable {
  /// Elements of input below which one thread does all.
  private static let threshold = 128 << 10

  let geometry: PoolGeometry
  let parts: Int

  init(_ geometry: PoolGeometry, threads: Int) {
    self.geometry = geometry
    let elements = geometry.planes &* geometry.inputHeight &* geometry.inputWidth
    parts = elements < PlaneSplit.threshold ? 1 : max(1, min(threads, geometry.planes))
  }

  init(_ shape: Pool2DShape, threads: Int) {
    self.init(shape.geometry, threads: threads)
  }

  /// Calls `body` for each part that has planes, with its geometry and the offsets of its first input and output.
  @inline(__always)
  func run(_ body: (_ part: Int, _ geometry: PoolGeometry, _ input: Int, _ output: Int) -> Void) {
    Parallel.run(parts: parts) { part in
      let planes = Parallel.range(part, of: parts, items: geometry.planes)
      if planes.isEmpty { return }
      var share = geometry
      share.planes = planes.count
      body(
        part, share, planes.lowerBound &* geometry.inputHeight &* geometry.inputWidth,
        planes.lowerBound &* geometry.outputHeight &* geometry.outputWidth)
    }
  }
}

extension PlaneSplit {
  /// Runs a level function of average pooling from inputs to outputs.
  @inline(__always)
  func forward(
    _ function: LevelFunction<AveragePoolArguments>, _ input: UnsafePointer<Float>,
    _ output: UnsafeMutablePointer<Float>, scratch: UnsafeMutableRawPointer, scratchBytesPerPart: Int = 0
  ) {
    run { part, geometry, inputOffset, outputOffset in
      var arguments = AveragePoolArguments(
        geometry: geometry, source: input + inputOffset, destination: output + outputOffset,
        scratch: (scratch + part * scratchBytesPerPart).assumingMemoryBound(to: Float.self))
      function(&arguments)
    }
  }

  /// Runs a level function of average pooling from outputs' gradients to inputs'.
  @inline(__always)
  func backward(
    _ function: LevelFunction<AveragePoolArguments>, _ outputGradient: UnsafePointer<Float>,
    _ inputGradient: UnsafeMutablePointer<Float>, scratch: UnsafeMutableRawPointer, scratchBytesPerPart: Int = 0
  ) {
    run { part, geometry, inputOffset, outputOffset in
      var arguments = AveragePoolArguments(
        geometry: geometry, source: outputGradient + outputOffset, destination: inputGradient + inputOffset,
        scratch: (scratch + part * scratchBytesPerPart).assumingMemoryBound(to: Float.self))
      function(&arguments)
    }
  }
}
