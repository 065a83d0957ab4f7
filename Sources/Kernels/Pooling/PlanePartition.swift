import KernelsISA

/// Partitions the planes of a pooling problem among threads. Planes are independent, so no partition changes a bit.
struct PlanePartition: Sendable {
  let geometry: PoolGeometry
  /// Ranges of planes that run at once, each on a thread of its own.
  let parts: Int
  /// The planes of the output, and how they are stored.
  let outputPlanes: StreamedOutput
  /// The planes of the input gradient, and how they are stored.
  let inputPlanes: StreamedOutput

  init(_ geometry: PoolGeometry, level: InstructionSet, threads: Int) {
    self.geometry = geometry
    outputPlanes = StreamedOutput(
      items: geometry.planes, itemCount: geometry.outputHeight * geometry.outputWidth, level: level)
    inputPlanes = StreamedOutput(
      items: geometry.planes, itemCount: geometry.inputHeight * geometry.inputWidth, level: level)
    let inputs = geometry.planes &* geometry.inputHeight &* geometry.inputWidth
    let outputs = geometry.planes &* geometry.outputHeight &* geometry.outputWidth
    // Work estimate: 8 multiply-adds of a full tile an element of a window.
    let work = Work(
      multiplyAdds: outputs &* geometry.kernelHeight &* geometry.kernelWidth &* 8, bytes: (inputs &+ outputs) &* 4,
      pieces: geometry.planes)
    parts = work.parts(threads: threads)
  }

  init(_ shape: Pool2DShape, level: InstructionSet, threads: Int) {
    self.init(shape.geometry, level: level, threads: threads)
  }

  /// Calls `body` for the planes of each part, one chunk of `planes` at a time.
  ///
  /// - Parameters:
  ///   - planes: the planes that `body` writes.
  ///   - body: gets the geometry of the chunk, and the offsets in elements of its first input and output.
  @inline(__always)
  func run(
    storing planes: StreamedOutput,
    _ body: (_ part: Int, _ geometry: PoolGeometry, _ input: Int, _ output: Int) -> Void
  ) {
    Parallel.run(parts: parts) { part in
      let range = Parallel.range(part, of: parts, items: geometry.planes)
      var chunk = geometry
      var plane = range.lowerBound
      while plane < range.upperBound {
        chunk.planes = min(range.upperBound &- plane, planes.chunk ?? range.count)
        planCheck("planes", offset: plane, count: chunk.planes, allocated: geometry.planes)
        planCheck(
          planes.chunk == nil || chunk.planes * planes.itemCount * 4 <= planes.byteCount,
          "a chunk of planes exceeds its scratch memory")
        body(
          part, chunk, plane &* geometry.inputHeight &* geometry.inputWidth,
          plane &* geometry.outputHeight &* geometry.outputWidth)
        plane &+= chunk.planes
        chunk.isPrepared = true
      }
      planes.finish()
    }
  }
}

extension PlanePartition {
  /// The operands of the next chunk of planes in a backward pass, to be prefetched while this chunk is stored: the output
  /// gradients, and for max pooling the indices of the maxima.
  ///
  /// - Parameters:
  ///   - outputGradient: the output gradients of this chunk.
  ///   - maxIndices: the indices of its maxima.
  ///   - chunk: its geometry.
  @inline(__always)
  func nextGradients(
    _ outputGradient: UnsafePointer<Float>, _ maxIndices: UnsafePointer<Int32>?, _ chunk: PoolGeometry
  ) -> PrefetchRange {
    let count = chunk.planes &* chunk.outputHeight &* chunk.outputWidth
    return PrefetchRange(
      first: UnsafeRawPointer(outputGradient + count), second: maxIndices.map { UnsafeRawPointer($0 + count) },
      byteCount: count &* 4)
  }

  /// Runs a level function of average pooling from the input to the output.
  @inline(__always)
  func forward(
    _ function: LevelFunction<AveragePoolArguments>, _ input: UnsafePointer<Float>,
    _ output: UnsafeMutablePointer<Float>, scratch: UnsafeMutableRawPointer, scratchBytesPerPart: Int = 0
  ) {
    run(storing: outputPlanes) { part, geometry, inputOffset, outputOffset in
      let threadScratch = scratch + part * (scratchBytesPerPart + outputPlanes.byteCount)
      let planeScratch = threadScratch + scratchBytesPerPart
      var arguments = AveragePoolArguments(
        geometry: geometry, source: input + inputOffset,
        destination: outputPlanes.target(output + outputOffset, planeScratch),
        scratch: threadScratch.assumingMemoryBound(to: Float.self))
      function(&arguments)
      outputPlanes.store(geometry.planes, planeScratch, to: output + outputOffset)
    }
  }

  /// Runs a level function of average pooling from the output gradient to the input gradient.
  @inline(__always)
  func backward(
    _ function: LevelFunction<AveragePoolArguments>, _ outputGradient: UnsafePointer<Float>,
    _ inputGradient: UnsafeMutablePointer<Float>, scratch: UnsafeMutableRawPointer, scratchBytesPerPart: Int = 0
  ) {
    run(storing: inputPlanes) { part, geometry, inputOffset, outputOffset in
      let threadScratch = scratch + part * (scratchBytesPerPart + inputPlanes.byteCount)
      let planeScratch = threadScratch + scratchBytesPerPart
      var arguments = AveragePoolArguments(
        geometry: geometry, source: outputGradient + outputOffset,
        destination: inputPlanes.target(inputGradient + inputOffset, planeScratch),
        scratch: threadScratch.assumingMemoryBound(to: Float.self))
      function(&arguments)
      inputPlanes.store(
        geometry.planes, planeScratch, to: inputGradient + inputOffset,
        prefetching: nextGradients(outputGradient + outputOffset, nil, geometry))
    }
  }
}
