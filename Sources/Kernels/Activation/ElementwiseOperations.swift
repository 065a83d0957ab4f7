import KernelsISA

/// What an element-wise operation is planned for.
public protocol ElementwiseSize: Sendable, Hashable {
  /// The number of values.
  var count: Int { get }
}

/// A function applied to each of `count` values.
public struct ElementwiseProblem: ElementwiseSize {
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
public protocol ElementwiseGradientOperands {
  /// Whether the derivative follows from what the forward pass read; else from what it wrote.
  static var readsInput: Bool { get }
  /// What the forward pass read, or what it wrote.
  var values: UnsafePointer<Float> { get }
  var outputGradient: UnsafePointer<Float> { get }
  var inputGradient: UnsafeMutablePointer<Float> { get }

  init(
    values: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>)
}

/// The arrays of the backward pass of a function whose derivative follows from its output.
public struct ElementwiseBackwardOperands: ElementwiseGradientOperands {
  public static var readsInput: Bool { false }
  /// What the forward pass wrote.
  public var output: UnsafePointer<Float>
  public var outputGradient: UnsafePointer<Float>
  public var inputGradient: UnsafeMutablePointer<Float>

  public var values: UnsafePointer<Float> { output }

  public init(
    output: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>
  ) {
    self.output = output
    self.outputGradient = outputGradient
    self.inputGradient = inputGradient
  }

  public init(
    values: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>
  ) {
    self.init(output: values, outputGradient: outputGradient, inputGradient: inputGradient)
  }
}

/// The arrays of the backward pass of a function whose derivative follows from its input.
public struct ElementwiseInputBackwardOperands: ElementwiseGradientOperands {
  public static var readsInput: Bool { true }
  /// What the forward pass read.
  public var input: UnsafePointer<Float>
  public var outputGradient: UnsafePointer<Float>
  public var inputGradient: UnsafeMutablePointer<Float>

  public var values: UnsafePointer<Float> { input }

  public init(
    input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>
  ) {
    self.input = input
    self.outputGradient = outputGradient
    self.inputGradient = inputGradient
  }

  public init(
    values: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>
  ) {
    self.init(input: values, outputGradient: outputGradient, inputGradient: inputGradient)
  }
}

extension KernelOperation where Problem: ElementwiseSize, Operands == ElementwiseOperands {
  /// A row for each level, and the reference: `function` of one value after the other. A value takes as long as
  /// `multiplyAdds` of a full tile.
  static func rows(
    _ functions: LevelFunctions<ActivationArguments>, multiplyAdds: Int = 0,
    options: @escaping @Sendable (Problem) -> ActivationOptions = { _ in (0, 0) },
    reference function: @escaping @Sendable (Problem, Float) -> Float
  ) -> [Kernel<Self>] {
    let levels = Kernel<Self>.levelRows(
      "elementwise", functions, work: { Work(multiplyAdds: $0.count * multiplyAdds, bytes: $0.count * 8) },
      run: { body, problem, parts, operands in
        let streams = Streaming.streams(problem.count, from: operands.input, to: operands.output)
        runActivation(
          body, problem.count, parts, options(problem), streams: streams, values: operands.input,
          outputGradient: nil, result: operands.output)
      })
    let reference = Kernel<Self>.reference { problem, operands in
      for i in 0..<problem.count { operands.output[i] = function(problem, operands.input[i]) }
    }
    return levels + [reference]
  }
}

extension KernelOperation where Problem: ElementwiseSize, Operands: ElementwiseGradientOperands {
  /// A row for each level, and the reference: `gradient` of one value (output or input, as the operands say) and output
  /// gradient after the other. A value takes as long as `multiplyAdds` of a full tile.
  static func rows(
    _ functions: LevelFunctions<ActivationArguments>, multiplyAdds: Int = 0,
    options: @escaping @Sendable (Problem) -> ActivationOptions = { _ in (0, 0) },
    reference gradient: @escaping @Sendable (Problem, _ value: Float, _ outputGradient: Float) -> Float
  ) -> [Kernel<Self>] {
    let levels = Kernel<Self>.levelRows(
      "elementwise", functions, work: { Work(multiplyAdds: $0.count * multiplyAdds, bytes: $0.count * 12) },
      run: { body, problem, parts, operands in
        let streams = Streaming.streams(problem.count, from: operands.outputGradient, to: operands.inputGradient)
        runActivation(
          body, problem.count, parts, options(problem), streams: streams, values: operands.values,
          outputGradient: operands.outputGradient, result: operands.inputGradient)
      })
    let reference = Kernel<Self>.reference { problem, operands in
      for i in 0..<problem.count {
        operands.inputGradient[i] = gradient(problem, operands.values[i], operands.outputGradient[i])
      }
    }
    return levels + [reference]
  }
}

/// Shares an array out and runs a level's function on each part.
private func runActivation(
  _ body: LevelFunction<ActivationArguments>, _ count: Int, _ parts: Int, _ options: ActivationOptions, streams: Bool,
  values: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>?, result: UnsafeMutablePointer<Float>
) {
  Parallel.run(parts: parts) { part in
    let range = Parallel.range(part, of: parts, items: count, granule: Elementwise.granule)
    withRowScratch { scratch in
      var arguments = ActivationArguments(
        values: values + range.lowerBound, outputGradient: outputGradient.map { $0 + range.lowerBound },
        result: result + range.lowerBound, count: range.count, streams: streams, options: options,
        scratch: scratch)
      body(&arguments)
    }
  }
}

extension KernelOperation where Problem: ElementwiseSize {
  /// - Throws: ``KernelError`` when the count is negative or cannot be addressed.
  public static func validate(_ problem: Problem) throws(KernelError) { try validateCount(problem) }

  static func validateCount(_ problem: Problem) throws(KernelError) {
    try require(name, "count", problem.count, in: 0...Int.max)
    _ = try product(name, problem.count, MemoryLayout<Float>.stride)
  }
}
