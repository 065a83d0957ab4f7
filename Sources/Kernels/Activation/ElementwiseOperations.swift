import KernelsISA

/// The problem of an element-wise operation.
public protocol ElementwiseSize: Sendable, Hashable {
  /// The number of values.
  var count: Int { get }
}

/// A function applied to each of `count` values.
public struct ElementwiseProblem: ElementwiseSize {
  public var count: Int

  public init(count: Int) { self.count = count }
}

/// The arrays of an element-wise function. The output may be exactly the input's memory, but not overlap it otherwise.
public struct ElementwiseOperands {
  public var input: UnsafePointer<Float>
  public var output: UnsafeMutablePointer<Float>

  public init(input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
    self.input = input
    self.output = output
  }
}

/// The arrays of an element-wise function's backward pass. The input gradient may be exactly the output gradient's
/// memory, but not overlap it otherwise.
public protocol ElementwiseGradientOperands {
  /// Whether the derivative is computed from the forward pass's input; else from its output.
  static var readsInput: Bool { get }
  /// The forward pass's input or output, as `readsInput` says.
  var values: UnsafePointer<Float> { get }
  var outputGradient: UnsafePointer<Float> { get }
  var inputGradient: UnsafeMutablePointer<Float> { get }

  init(
    values: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>)
}

/// The arrays of the backward pass of a function whose derivative is computed from its output.
public struct ElementwiseBackwardOperands: ElementwiseGradientOperands {
  public static var readsInput: Bool { false }
  /// The forward pass's output.
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

/// The arrays of the backward pass of a function whose derivative is computed from its input.
public struct ElementwiseInputBackwardOperands: ElementwiseGradientOperands {
  public static var readsInput: Bool { true }
  /// The forward pass's input.
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
  /// A row for each level, and the reference, which applies `function` to one value after the other. `multiplyAdds` is
  /// the work of a value: the multiply-adds that a register tile does in the same time.
  static func rows(
    _ functions: LevelFunctions<ActivationArguments>, multiplyAdds: Int = 0,
    options: @escaping @Sendable (Problem) -> ActivationOptions = { _ in (0, 0) },
    reference function: @escaping @Sendable (Problem, Float) -> Float
  ) -> [Kernel<Self>] {
    let levels = Kernel<Self>.levelRows(
      "elementwise", functions, work: { Work(multiplyAdds: $0.count * multiplyAdds, bytes: $0.count * 8) },
      run: { body, problem, parts, operands in
        let nonTemporal = Streaming.streams(problem.count, from: operands.input, to: operands.output)
        runActivation(
          body, problem.count, parts, options(problem), nonTemporal: nonTemporal, values: operands.input,
          outputGradient: nil, result: operands.output)
      })
    let reference = Kernel<Self>.reference { problem, operands in
      for i in 0..<problem.count { operands.output[i] = function(problem, operands.input[i]) }
    }
    return levels + [reference]
  }
}

extension KernelOperation where Problem: ElementwiseSize, Operands: ElementwiseGradientOperands {
  /// A row for each level, and the reference, which applies `gradient` to one value (input or output, as `readsInput`
  /// says) and output gradient after the other. `multiplyAdds` is the work of a value: the multiply-adds that a
  /// register tile does in the same time.
  static func rows(
    _ functions: LevelFunctions<ActivationArguments>, multiplyAdds: Int = 0,
    options: @escaping @Sendable (Problem) -> ActivationOptions = { _ in (0, 0) },
    reference gradient: @escaping @Sendable (Problem, _ value: Float, _ outputGradient: Float) -> Float
  ) -> [Kernel<Self>] {
    let levels = Kernel<Self>.levelRows(
      "elementwise", functions, work: { Work(multiplyAdds: $0.count * multiplyAdds, bytes: $0.count * 12) },
      run: { body, problem, parts, operands in
        let nonTemporal = Streaming.streams(problem.count, from: operands.outputGradient, to: operands.inputGradient)
        runActivation(
          body, problem.count, parts, options(problem), nonTemporal: nonTemporal, values: operands.values,
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

/// Runs a level's function on each thread's part of an array.
private func runActivation(
  _ body: LevelFunction<ActivationArguments>, _ count: Int, _ parts: Int, _ options: ActivationOptions,
  nonTemporal: Bool,
  values: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>?, result: UnsafeMutablePointer<Float>
) {
  Parallel.run(parts: parts) { part in
    let range = Parallel.range(part, of: parts, items: count, granule: Elementwise.granule)
    withRowScratch { scratch in
      var arguments = ActivationArguments(
        values: values + range.lowerBound, outputGradient: outputGradient.map { $0 + range.lowerBound },
        result: result + range.lowerBound, count: range.count, nonTemporal: nonTemporal, options: options,
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
