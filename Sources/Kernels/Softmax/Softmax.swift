import ISA

/// exp(xⱼ) / Σᵢ exp(xᵢ) along each row. A row that holds NaN, +infinity, or only -infinity becomes NaN, as in PyTorch.
public enum SoftmaxForward: KernelOperation {
  public static let name = "softmax"
  public typealias Problem = RowsProblem
  public typealias Operands = RowsOperands

  public static let kernels = rows(forwardFunctions, reference: reference)

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

  public static let kernels = rows(backwardFunctions, reference: reference)

  static let reference: RowGradientReference = { output, outputGradient, inputGradient, columns in
    var sum = 0.0
    for i in 0..<columns { sum += Double(outputGradient[i]) * Double(output[i]) }
    for i in 0..<columns { inputGradient[i] = Float(Double(output[i]) * (Double(outputGradient[i]) - sum)) }
  }
}

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

#if arch(arm64)
  @c(softmax_forward_neon_body) private func forwardNEON(_ p: UnsafePointer<RowsArguments>) {
    mapRows(NEONLanes.self, SoftmaxRow.self, p)
  }
  @c(softmax_backward_neon_body) private func backwardNEON(_ p: UnsafePointer<RowsBackwardArguments>) {
    mapRowsBackward(NEONLanes.self, SoftmaxRow.self, p)
  }

  private let forwardFunctions = LevelFunctions(neon: softmax_forward_neon)
  private let backwardFunctions = LevelFunctions(neon: softmax_backward_neon)
#else
  @c(softmax_forward_baseline_body) private func forwardBaseline(_ p: UnsafePointer<RowsArguments>) {
    mapRows(BaselineLanes.self, SoftmaxRow.self, p)
  }
  @c(softmax_forward_avx2_body) private func forwardAVX2(_ p: UnsafePointer<RowsArguments>) {
    mapRows(AVX2Lanes.self, SoftmaxRow.self, p)
  }
  @c(softmax_forward_avx512_body) private func forwardAVX512(_ p: UnsafePointer<RowsArguments>) {
    mapRows(AVX512Lanes.self, SoftmaxRow.self, p)
  }
  @c(softmax_backward_baseline_body) private func backwardBaseline(_ p: UnsafePointer<RowsBackwardArguments>) {
    mapRowsBackward(BaselineLanes.self, SoftmaxRow.self, p)
  }
  @c(softmax_backward_avx2_body) private func backwardAVX2(_ p: UnsafePointer<RowsBackwardArguments>) {
    mapRowsBackward(AVX2Lanes.self, SoftmaxRow.self, p)
  }
  @c(softmax_backward_avx512_body) private func backwardAVX512(_ p: UnsafePointer<RowsBackwardArguments>) {
    mapRowsBackward(AVX512Lanes.self, SoftmaxRow.self, p)
  }

  private let forwardFunctions = LevelFunctions(
    baseline: softmax_forward_baseline, avx2: softmax_forward_avx2, avx512: softmax_forward_avx512)
  private let backwardFunctions = LevelFunctions(
    baseline: softmax_backward_baseline, avx2: softmax_backward_avx2, avx512: softmax_backward_avx512)
#endif
