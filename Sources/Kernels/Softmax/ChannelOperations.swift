import KernelsISA

extension KernelOperation where Problem == ChannelsProblem, Operands == RowsOperands {
  /// A row of the table for each level, and the reference, which computes one pixel after the other.
  static func channelRows(
    _ functions: LevelFunctions<ChannelRowsArguments>, reference: @escaping RowReference
  ) -> [Kernel<Self>] {
    let levels = channelLevels(functions, arrays: 1) { run, operands, workspace in
      run(values: operands.input, outputGradient: nil, result: operands.output, workspace)
    }
    let last = Kernel<Self>.reference { problem, operands in
      var input = [Float](repeating: 0, count: problem.channels)
      var output = input
      forEachPixel(problem) { pixel in
        for c in 0..<problem.channels { input[c] = operands.input[pixel + c * problem.plane] }
        reference(input, &output, problem.channels)
        for c in 0..<problem.channels { operands.output[pixel + c * problem.plane] = output[c] }
      }
    }
    return levels + [last]
  }
}

extension KernelOperation where Problem == ChannelsProblem, Operands == RowsBackwardOperands {
  /// A row of the table for each level, and the reference, which computes one pixel after the other.
  static func channelRows(
    _ functions: LevelFunctions<ChannelRowsArguments>, reference: @escaping RowGradientReference
  ) -> [Kernel<Self>] {
    let levels = channelLevels(functions, arrays: 2) { run, operands, workspace in
      run(
        values: operands.output, outputGradient: operands.outputGradient, result: operands.inputGradient, workspace)
    }
    let last = Kernel<Self>.reference { problem, operands in
      var output = [Float](repeating: 0, count: problem.channels)
      var gradient = output
      var result = output
      forEachPixel(problem) { pixel in
        for c in 0..<problem.channels {
          output[c] = operands.output[pixel + c * problem.plane]
          gradient[c] = operands.outputGradient[pixel + c * problem.plane]
        }
        reference(output, gradient, &result, problem.channels)
        for c in 0..<problem.channels { operands.inputGradient[pixel + c * problem.plane] = result[c] }
      }
    }
    return levels + [last]
  }
}

extension KernelOperation where Problem == ChannelsProblem {
  /// A row of the table for each level. `pixels`: each lane of a vector holds a different pixel.
  ///
  /// - Parameter arrays: the number of arrays that are read.
  private static func channelLevels(
    _ functions: LevelFunctions<ChannelRowsArguments>, arrays: Int,
    _ body: @escaping @Sendable (ChannelsRun, Operands, UnsafeMutableRawPointer) -> Void
  ) -> [Kernel<Self>] {
    InstructionSet.allCases.map { level in
      let function = functions[level]
      return Kernel(
        algorithm: "pixels", level: level,
        cost: { problem, _ in Workspace.cost(ifFits: ChannelsRun.byteCount(problem, arrays: arrays)) }
      ) { problem, threads in
        let run = ChannelsRun(problem, arrays: arrays, threads: threads, body: function)
        return PreparedKernel(workspaceByteCount: run.parts * run.byteCount) { operands, workspace in
          body(run, operands, workspace)
        }
      }
    }
  }
}

/// Calls `body` with the offset of each pixel in channel 0; not at all without channels.
private func forEachPixel(_ problem: ChannelsProblem, _ body: (Int) -> Void) {
  if problem.channels == 0 { return }
  for image in 0..<problem.batch {
    for pixel in 0..<problem.plane { body(image * problem.channels * problem.plane + pixel) }
  }
}

/// Partitions the images among threads.
private struct ChannelsRun: Sendable {
  let problem: ChannelsProblem
  let parts: Int
  /// Pixels of a block.
  let block: Int
  /// Bytes of each part's workspace.
  let byteCount: Int
  let body: LevelFunction<ChannelRowsArguments>

  /// Bytes of a packed block: a quarter of a second-level cache of 1 MB, which holds the prefetched next block, too.
  private static let blockByteCount = 256 << 10

  init(_ problem: ChannelsProblem, arrays: Int, threads: Int, body: LevelFunction<ChannelRowsArguments>) {
    self.problem = problem
    self.body = body
    let pieces = max(problem.batch, 1)
    parts = Work(multiplyAdds: problem.batch * problem.channels * problem.plane * 64, pieces: pieces)
      .parts(threads: threads)
    block = ChannelsRun.block(problem, arrays: arrays)
    byteCount = ChannelsRun.byteCount(problem, arrays: arrays)
  }

  /// Bytes of a pixel in a packed block.
  private static func pixelByteCount(_ problem: ChannelsProblem, arrays: Int) -> Int {
    max(arrays * problem.channels, 1) * MemoryLayout<Float>.stride
  }

  /// Pixels of a block: a multiple of 16, whole vectors of every level, and at most 256, 1 KB of each plane.
  private static func block(_ problem: ChannelsProblem, arrays: Int) -> Int {
    let fitting = blockByteCount / pixelByteCount(problem, arrays: arrays)
    return min(max(fitting, 16), 256, max(problem.plane, 16)) & ~15
  }

  /// Bytes of the workspace of a part.
  static func byteCount(_ problem: ChannelsProblem, arrays: Int) -> Int {
    block(problem, arrays: arrays) * (pixelByteCount(problem, arrays: arrays) + 2 * MemoryLayout<Float>.stride)
  }

  func callAsFunction(
    values: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>?, result: UnsafeMutablePointer<Float>,
    _ workspace: UnsafeMutableRawPointer
  ) {
    if problem.channels == 0 { return }
    let count = problem.channels * problem.plane
    let nonTemporal =
      problem.plane % 16 == 0 && Streaming.pays(outputCount: problem.batch * count) && Streaming.isAligned(result)
    Parallel.run(parts: parts) { part in
      let range = Parallel.range(part, of: parts, items: problem.batch)
      let first = range.lowerBound * count
      var arguments = ChannelRowsArguments(
        values: values + first, outputGradient: outputGradient.map { $0 + first }, result: result + first,
        images: range.count, channels: problem.channels, plane: problem.plane, block: block,
        nonTemporal: nonTemporal,
        workspace: (workspace + part * byteCount).assumingMemoryBound(to: Float.self))
      body(&arguments)
    }
  }
}
