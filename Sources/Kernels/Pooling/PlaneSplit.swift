import ISA

/// Shares the planes of a pooling problem out to threads. No result depends on it: planes are independent.
struct PlaneSplit: Sendable {
  let geometry: PoolGeometry
  let parts: Int

  init(_ geometry: PoolGeometry, threads: Int) {
    self.geometry = geometry
    let inputs = geometry.planes &* geometry.inputHeight &* geometry.inputWidth
    let outputs = geometry.planes &* geometry.outputHeight &* geometry.outputWidth
    // An element of a window costs about as much as eight multiply-adds of a full tile.
    let work = Work(
      multiplyAdds: outputs &* geometry.kernelHeight &* geometry.kernelWidth &* 8, bytes: (inputs &+ outputs) &* 4,
      pieces: geometry.planes)
    parts = work.parts(threads: threads)
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
