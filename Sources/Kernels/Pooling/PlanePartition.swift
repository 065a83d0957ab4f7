import KernelsISA

/// Shares the planes of a pooling problem out to threads. No result depends on it: planes are independent.
struct PlanePartition: Sendable {
  let geometry: PoolGeometry
  let parts: Int
  /// Planes of outputs and of inputs' gradients, and how they are stored.
  let outputPlanes: StreamedOutput
  let inputPlanes: StreamedOutput

  init(_ geometry: PoolGeometry, level: InstructionSet, threads: Int) {
    self.geometry = geometry
    outputPlanes = StreamedOutput(
      items: geometry.planes, itemCount: geometry.outputHeight * geometry.outputWidth, level: level)
    inputPlanes = StreamedOutput(
      items: geometry.planes, itemCount: geometry.inputHeight * geometry.inputWidth, level: level)
    let inputs = geometry.planes &* geometry.inputHeight &* geometry.inputWidth
    let outputs = geometry.planes &* geometry.outputHeight &* geometry.outputWidth
    // An element of a window costs about as much as eight multiply-adds of a full tile.
    let work = Work(
      multiplyAdds: outputs &* geometry.kernelHeight &* geometry.kernelWidth &* 8, bytes: (inputs &+ outputs) &* 4,
      pieces: geometry.planes)
    parts = work.parts(threads: threads)
  }

  init(_ shape: Pool2DShape, level: InstructionSet, threads: Int) {
    self.init(shape.geometry, level: level, threads: threads)
  }

  /// Calls `body` for each part's planes, as many at once as `planes` are made in, with their geometry and the offsets
  /// of the first input and output.
  @inline(__always)
  func run(
    making planes: StreamedOutput,
    _ body: (_ part: Int, _ geometry: PoolGeometry, _ input: Int, _ output: Int) -> Void
  ) {
    Parallel.run(parts: parts) { part in
      let range = Parallel.range(part, of: parts, items: geometry.planes)
      var share = geometry
      var plane = range.lowerBound
      while plane < range.upperBound {
        share.planes = min(range.upperBound &- plane, planes.chunk ?? range.count)
        planCheck("planes", offset: plane, count: share.planes, allocated: geometry.planes)
        planCheck(
          planes.chunk == nil || share.planes * planes.itemCount * 4 <= planes.byteCount,
          "planes that are made at once exceed their scratch memory")
        body(
          part, share, plane &* geometry.inputHeight &* geometry.inputWidth,
          plane &* geometry.outputHeight &* geometry.outputWidth)
        plane &+= share.planes
        share.isPrepared = true
      }
      planes.finish()
    }
  }
}

extension PlanePartition {
  /// The outputs' gradients behind those of some planes, and their positions.
  @inline(__always)
  func outputsAhead(
    _ outputGradient: UnsafePointer<Float>, _ positions: UnsafePointer<Int32>?, _ planes: PoolGeometry
  ) -> ReadAhead {
    let count = planes.planes &* planes.outputHeight &* planes.outputWidth
    return ReadAhead(
      first: UnsafeRawPointer(outputGradient + count), second: positions.map { UnsafeRawPointer($0 + count) },
      byteCount: count &* 4)
  }

  /// Runs a level function of average pooling from inputs to outputs.
  @inline(__always)
  func forward(
    _ function: LevelFunction<AveragePoolArguments>, _ input: UnsafePointer<Float>,
    _ output: UnsafeMutablePointer<Float>, scratch: UnsafeMutableRawPointer, scratchBytesPerPart: Int = 0
  ) {
    run(making: outputPlanes) { part, geometry, inputOffset, outputOffset in
      let own = scratch + part * (scratchBytesPerPart + outputPlanes.byteCount)
      let made = own + scratchBytesPerPart
      var arguments = AveragePoolArguments(
        geometry: geometry, source: input + inputOffset, destination: outputPlanes.place(output + outputOffset, made),
        scratch: own.assumingMemoryBound(to: Float.self))
      function(&arguments)
      outputPlanes.store(geometry.planes, made, to: output + outputOffset)
    }
  }

  /// Runs a level function of average pooling from outputs' gradients to inputs'.
  @inline(__always)
  func backward(
    _ function: LevelFunction<AveragePoolArguments>, _ outputGradient: UnsafePointer<Float>,
    _ inputGradient: UnsafeMutablePointer<Float>, scratch: UnsafeMutableRawPointer, scratchBytesPerPart: Int = 0
  ) {
    run(making: inputPlanes) { part, geometry, inputOffset, outputOffset in
      let own = scratch + part * (scratchBytesPerPart + inputPlanes.byteCount)
      let made = own + scratchBytesPerPart
      var arguments = AveragePoolArguments(
        geometry: geometry, source: outputGradient + outputOffset,
        destination: inputPlanes.place(inputGradient + inputOffset, made),
        scratch: own.assumingMemoryBound(to: Float.self))
      function(&arguments)
      inputPlanes.store(
        geometry.planes, made, to: inputGradient + inputOffset,
        ahead: outputsAhead(outputGradient + outputOffset, nil, geometry))
    }
  }
}
