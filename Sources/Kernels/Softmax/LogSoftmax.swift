import KernelsISA

/// xⱼ - log Σᵢ exp(xᵢ) along each row. A row that holds NaN, +infinity, or only -infinity becomes NaN, as in PyTorch.
public enum LogSoftmaxForward: KernelOperation {
  public static let name = "log-softmax"
  public typealias Problem = RowsProblem
  public typealias Operands = RowsOperands

  public static let kernels = rows(Levels.logSoftmaxForward, reference: reference)

  static let reference: RowReference = { input, output, columns in
    let largest = Double(input[argmax(input, columns: columns)])
    var sum = 0.0
    for i in 0..<columns { sum += exp(Double(input[i]) - largest) }
    for i in 0..<columns { output[i] = Float(Double(input[i]) - largest - log(sum)) }
  }
}

/// The gradient of ``LogSoftmaxForward`` from its output y: gⱼ - exp(yⱼ)·Σᵢ gᵢ.
public enum LogSoftmaxBackward: KernelOperation {
  public static let name = "log-softmax"
  public static let pass = "backward-data"
  public typealias Problem = RowsProblem
  public typealias Operands = RowsBackwardOperands

  public static let kernels = rows(Levels.logSoftmaxBackward, reference: reference)

  static let reference: RowGradientReference = { output, outputGradient, inputGradient, columns in
    var sum = 0.0
    for i in 0..<columns { sum += Double(outputGradient[i]) }
    for i in 0..<columns { inputGradient[i] = Float(Double(outputGradient[i]) - exp(Double(output[i])) * sum) }
  }
}

/// The functions of a vector that make a row of ``LogSoftmaxForward`` and of its gradient.
enum LogSoftmaxRow: RowMap, RowGradient {
  static var usesExponentials: Bool { @inline(always) get { false } }

  @inline(always) static func parameter<L: Lanes>(_ lanes: L.Type, sum: Float) -> Float {
    L.logarithm(L.splat(sum))[0]
  }

  @inline(always) static func parameters<L: Lanes>(_ lanes: L.Type, sums: L.Vector) -> L.Vector {
    L.logarithm(sums)
  }

  @inline(always) static func apply<L: Lanes>(
    _ lanes: L.Type, _ value: L.Vector, _ parameter: L.Vector
  ) -> L.Vector {
    value - parameter
  }

  @inline(always) static func term<L: Lanes>(
    _ lanes: L.Type, output y: L.Vector, gradient g: L.Vector
  ) -> L.Vector {
    g
  }

  @inline(always) static func apply<L: Lanes>(
    _ lanes: L.Type, output y: L.Vector, gradient g: L.Vector, sum: L.Vector
  ) -> L.Vector {
    g - L.exponential(y) * sum
  }
}
