import ISA

extension KernelOperation where Problem == ChannelsProblem, Operands == RowsOperands {
  /// A row of the table for each level, and the reference, which works on the channels of one pixel after the other.
  static func channelRows(
    _ functions: LevelFunctions<ChannelRowsArguments>, reference: @escaping RowReference
  ) -> [Kernel<Self>] {
    let levels = Kernel<Self>.levelRows(
      "pixels", functions, work: channelWork,
      run: { body, problem, parts, operands in
        runChannels(body, problem, parts, values: operands.input, outputGradient: nil, result: operands.output)
      })
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
  /// A row of the table for each level, and the reference, which works on the channels of one pixel after the other.
  static func channelRows(
    _ functions: LevelFunctions<ChannelRowsArguments>, reference: @escaping RowGradientReference
  ) -> [Kernel<Self>] {
    let levels = Kernel<Self>.levelRows(
      "pixels", functions, work: channelWork,
      run: { body, problem, parts, operands in
        runChannels(
          body, problem, parts, values: operands.output, outputGradient: operands.outputGradient,
          result: operands.inputGradient)
      })
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

/// Calls `body` with the offset of each pixel's first channel, if there are channels.
private func forEachPixel(_ problem: ChannelsProblem, _ body: (Int) -> Void) {
  if problem.channels == 0 { return }
  for image in 0..<problem.batch {
    for pixel in 0..<problem.plane { body(image * problem.channels * problem.plane + pixel) }
  }
}

private func channelWork(_ problem: ChannelsProblem) -> Work {
  Work(multiplyAdds: problem.batch * problem.channels * problem.plane * 64, pieces: problem.batch)
}

/// Shares the images out.
private func runChannels(
  _ body: LevelFunction<ChannelRowsArguments>, _ problem: ChannelsProblem, _ parts: Int,
  values: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>?, result: UnsafeMutablePointer<Float>
) {
  if problem.channels == 0 { return }
  Parallel.run(parts: parts) { part in
    let range = Parallel.range(part, of: parts, items: problem.batch)
    let first = range.lowerBound * problem.channels * problem.plane
    withRowScratch { scratch in
      var arguments = ChannelRowsArguments(
        values: values + first, outputGradient: outputGradient.map { $0 + first }, result: result + first,
        images: range.count, channels: problem.channels, plane: problem.plane, scratch: scratch)
      body(&arguments)
    }
  }
}
