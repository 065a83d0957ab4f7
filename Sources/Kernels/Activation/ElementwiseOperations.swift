import ISA

/// A function applied to each of `count` values.
public struct ElementwiseProblem: Sendable, Hashable {
  public var count: Int

  public init(count: Int) { self.count = count }
}

/// The arrays of an element-wise function. The output may be the input's memory, and no other part of it.
public struct ElementwiseOperands {
  public var input: UnsafePointer<Float>
  public var output: UnsafeMutablePointer<Float>

  public init(input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
    self.input = input
    self.output = output
  }
}

/// The arrays of an element-wise function's backward pass. The input gradient may be the output gradient's memory, and
/// no other part of it.
public struct ElementwiseBackwardOperands {
  /// What the forward pass wrote.
  public var output: UnsafePointer<Float>
  public var outputGradient: UnsafePointer<Float>
  public var inputGradient: UnsafeMutablePointer<Float>

  public init(
    output: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>
  ) {
    self.output = output
    self.outputGradient = outputGradient
    self.inputGradient = inputGradient
  }
}

extension KernelOperation where Problem == ElementwiseProblem, Operands == ElementwiseOperands {
  /// A row for each level, and the reference: `function` of one value after the other. A value takes as long as
  /// `multiplyAdds` of a full tile.
  static func rows(
    _ functions: LevelFunctions<MapArguments>, multiplyAdds: Int = 0,
    reference function: @escaping @Sendable (Float) -> Float
  ) -> [Kernel<Self>] {
    let levels = Kernel<Self>.levelRows(
      "elementwise", functions, work: { Work(multiplyAdds: $0.count * multiplyAdds, bytes: $0.count * 8) },
      run: { body, problem, parts, operands in
        let streams = Streaming.streams(problem.count, from: operands.input, to: operands.output)
        Parallel.run(parts: parts) { part in
          let range = Parallel.range(part, of: parts, items: problem.count, granule: Elementwise.granule)
          var arguments = MapArguments(
            input: operands.input + range.lowerBound, output: operands.output + range.lowerBound, count: range.count,
            streams: streams ? 1 : 0)
          body(&arguments)
        }
      })
    let reference = Kernel<Self>.reference { problem, operands in
      for i in 0..<problem.count { operands.output[i] = function(operands.input[i]) }
    }
    return levels + [reference]
  }
}

extension KernelOperation where Problem == ElementwiseProblem, Operands == ElementwiseBackwardOperands {
  /// A row for each level, and the reference: `gradient` of one output and output gradient after the other.
  static func rows(
    _ functions: LevelFunctions<MapBackwardArguments>,
    reference gradient: @escaping @Sendable (_ output: Float, _ outputGradient: Float) -> Float
  ) -> [Kernel<Self>] {
    let levels = Kernel<Self>.levelRows(
      "elementwise", functions, work: { Work(bytes: $0.count * 12) },
      run: { body, problem, parts, operands in
        let streams = Streaming.streams(problem.count, from: operands.outputGradient, to: operands.inputGradient)
        Parallel.run(parts: parts) { part in
          let range = Parallel.range(part, of: parts, items: problem.count, granule: Elementwise.granule)
          var arguments = MapBackwardArguments(
            output: operands.output + range.lowerBound, outputGradient: operands.outputGradient + range.lowerBound,
            inputGradient: operands.inputGradient + range.lowerBound, count: range.count, streams: streams ? 1 : 0)
          body(&arguments)
        }
      })
    let reference = Kernel<Self>.reference { problem, operands in
      for i in 0..<problem.count {
        operands.inputGradient[i] = gradient(operands.output[i], operands.outputGradient[i])
      }
    }
    return levels + [reference]
  }
}

extension KernelOperation where Problem == ElementwiseProblem {
  /// - Throws: ``KernelError`` when the count is negative or cannot be addressed.
  public static func validate(_ problem: Problem) throws(KernelError) {
    try require(name, "count", problem.count, in: 0...Int.max)
    _ = try product(name, problem.count, MemoryLayout<Float>.stride)
  }
}
