import KernelsISA

/// exp(xⱼ) / Σᵢ exp(xᵢ) along each row. A row that holds NaN, +infinity, or only -infinity becomes NaN, as in PyTorch.
public enum SoftmaxForward: KernelOperation {
  public static let name = "softmax"
  public typealias Problem = RowsProblem
  public typealias Operands = RowsOperands

  public static let kernels = rows(Levels.softmaxForward, reference: reference)

  static let reference: RowReference = { input, output, columns in
    let largest = Double(input[argmax(input, columns: columns)])
    var sum = 0.0
    for i in 0..<columns { sum += exp(Double(input[i]) - largest) }
    for i in 0..<columns { output[i] = Float(exp(Double(input[i]) - largest) / sum) }
  }
}

/// The gradient of ``SoftmaxForward`` from its output y: yⱼ·(gⱼ - Σᵢ gᵢ·yᵢ).
public enum SoftmaxBackward: KernelOperation {
  public static let name = "softmax"
  public static let pass = "backward-data"
  public typealias Problem = RowsProblem
  public typealias Operands = RowsBackwardOperands

  public static let kernels = rows(Levels.softmaxBackward, reference: reference)

  static let reference: RowGradientReference = { output, outputGradient, inputGradient, columns in
    var sum = 0.0
    for i in 0..<columns { sum += Double(outputGradient[i]) * Double(output[i]) }
    for i in 0..<columns { inputGradient[i] = Float(Double(output[i]) * (Double(outputGradient[i]) - sum)) }
  }
}

/// The functions of a vector that make a row of ``SoftmaxForward`` and of its gradient.
enum SoftmaxRow: RowMap, RowGradient {
  static var usesExponentials: Bool { @inline(always) get { true } }

  @inline(always) static func parameter<L: Lanes>(_ lanes: L.Type, sum: Float) -> Float {
    1 / sum
  }

  @inline(always) static func parameters<L: Lanes>(_ lanes: L.Type, sums: L.Vector) -> L.Vector {
    L.splat(1) / sums
  }

  @inline(always) static func apply<L: Lanes>(
    _ lanes: L.Type, _ value: L.Vector, _ parameter: L.Vector
  ) -> L.Vector {
    value * parameter
  }

  @inline(always) static func term<L: Lanes>(
    _ lanes: L.Type, output y: L.Vector, gradient g: L.Vector
  ) -> L.Vector {
    g * y
  }

  @inline(always) static func apply<L: Lanes>(
    _ lanes: L.Type, output y: L.Vector, gradient g: L.Vector, sum: L.Vector
  ) -> L.Vector {
    y * (g - sum)
  }
}
