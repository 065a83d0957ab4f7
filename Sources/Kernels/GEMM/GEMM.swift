/// The general matrix product C = activation(alpha · op(A) · op(B) + beta · C + bias) of row-major matrices.
///
/// Each element of C is one sum: it begins with beta · C + bias, then (alpha · a) · b is added for one k after the other.
/// So it has the same bits whatever the other rows and columns, the algorithm, the tile and the block that it falls in,
/// and the number of threads.
///
/// What the sum begins with is beta · C where there is no bias, the bias where beta is 0, and 0 where there is neither, so
/// that a −0 stays one. NaN and infinities follow from this definition by IEEE 754, in alpha and beta as well: an alpha of
/// infinity times a zero of A is NaN, as is one of 0 times an infinity of A; a product of depth 0 has no alpha in it.
public enum GEMM: KernelOperation {
  public static let name = "gemm"

  /// A vector that is added to every column or every row of the product.
  public enum Bias: Sendable, Hashable {
    case none
    /// One value a row of C.
    case perRow
    /// One value a column of C.
    case perColumn
  }

  public struct Problem: Sendable, Hashable {
    /// Rows of C and of op(A).
    public var rows: Int
    /// Columns of C and of op(B).
    public var columns: Int
    /// Columns of op(A), rows of op(B).
    public var depth: Int
    /// Whether A is stored as depth × rows.
    public var transposeA: Bool
    /// Whether B is stored as columns × depth.
    public var transposeB: Bool
    /// The factor of A's elements, each of which is multiplied by it before its product with B's.
    public var alpha: Float
    /// The factor of C's former value; with 0, C is not read.
    public var beta: Float
    /// Elements from one stored row of A to the next, at least the length of a stored row.
    public var aRowStride: Int
    /// Elements from one stored row of B to the next.
    public var bRowStride: Int
    /// Elements from one row of C to the next; what lies between rows is not touched.
    public var cRowStride: Int
    public var bias: Bias
    /// What becomes of the results as they are stored; NaN stays.
    public var activation: FusedActivation?

    /// Describes a product; strides that are not given are those of contiguous matrices.
    public init(
      rows: Int, columns: Int, depth: Int, transposeA: Bool = false, transposeB: Bool = false,
      alpha: Float = 1, beta: Float = 0, aRowStride: Int? = nil, bRowStride: Int? = nil, cRowStride: Int? = nil,
      bias: Bias = .none, activation: FusedActivation? = nil
    ) {
      self.rows = rows
      self.columns = columns
      self.depth = depth
      self.transposeA = transposeA
      self.transposeB = transposeB
      self.alpha = alpha
      self.beta = beta
      self.aRowStride = aRowStride ?? (transposeA ? rows : depth)
      self.bRowStride = bRowStride ?? (transposeB ? depth : columns)
      self.cRowStride = cRowStride ?? columns
      self.bias = bias
      self.activation = activation
    }
  }

  public struct Operands {
    public var a: UnsafePointer<Float>
    public var b: UnsafePointer<Float>
    public var c: UnsafeMutablePointer<Float>
    /// As many values as the problem's bias says; nil is no bias. It is not read where the problem's bias is `none`.
    public var bias: UnsafePointer<Float>?

    public init(
      a: UnsafePointer<Float>, b: UnsafePointer<Float>, c: UnsafeMutablePointer<Float>,
      bias: UnsafePointer<Float>? = nil
    ) {
      self.a = a
      self.b = b
      self.c = c
      self.bias = bias
    }
  }

  /// The algorithms, each in a file of its own; `GEMMCost` has their costs.
  public static let kernels: [Kernel<GEMM>] =
    InstructionSet.allCases.reversed().flatMap { level in
      [
        UnpackedGEMM.kernel(level), NarrowGEMM.kernel(level), OuterProductGEMM.kernel(level),
        FewRowsGEMM.kernel(level), TransposingGEMM.kernel(level), PackedGEMM.kernel(level),
      ]
    } + [.reference(referenceGEMM)]

  public static func validate(_ problem: Problem) throws(KernelError) {
    try require(name, "rows", problem.rows, in: 0...Int.max)
    try require(name, "columns", problem.columns, in: 0...Int.max)
    try require(name, "depth", problem.depth, in: 0...Int.max)
    let aLength = problem.transposeA ? problem.rows : problem.depth
    let bLength = problem.transposeB ? problem.depth : problem.columns
    try require(name, "aRowStride", problem.aRowStride, in: aLength...Int.max)
    try require(name, "bRowStride", problem.bRowStride, in: bLength...Int.max)
    try require(name, "cRowStride", problem.cRowStride, in: problem.columns...Int.max)
    let element = MemoryLayout<Float>.stride
    try product(name, problem.transposeA ? problem.depth : problem.rows, problem.aRowStride, element)
    try product(name, problem.transposeB ? problem.columns : problem.depth, problem.bRowStride, element)
    try product(name, problem.rows, problem.cRowStride, element)
    try product(name, limit: mostOperations, problem.rows, problem.columns, problem.depth)
  }
}

extension GEMM.Problem {
  /// Whether C is the product and nothing else: no C before, bias or activation.
  var isProductAlone: Bool { beta == 0 && bias == .none && activation == nil }

  /// Elements from op(A)[i, k] to op(A)[i + 1, k] and to op(A)[i, k + 1].
  var aStrides: (row: Int, depth: Int) { transposeA ? (1, aRowStride) : (aRowStride, 1) }
  /// Elements from op(B)[k, j] to op(B)[k + 1, j] and to op(B)[k, j + 1].
  var bStrides: (depth: Int, column: Int) { transposeB ? (1, bRowStride) : (bRowStride, 1) }
}
