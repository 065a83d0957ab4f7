import Kernels

/// Muon (Jordan, 2024): stochastic gradient descent with momentum whose update of a matrix is made nearly orthogonal.
///
/// The weight is a matrix of its first dimension by all others, `[outputs, inputs · height · width]`. With gradient g,
/// momentum μ, learning rate η and weight decay λ: v ← μv + g; u ← g + μv with Nesterov's momentum, else v; X ← u / ‖u‖;
/// then, so many ``steps`` times, one step of a Newton–Schulz iteration, which moves all singular values of X towards 1:
/// A ← XXᵀ, X ← 3.4445·X − 4.775·AX + 2.0315·A²X; p ← (1 − ηλ)p − ηX. The size of the gradient does not matter.
///
/// It is for weights of two dimensions and more; other parameters, and usually a network's last layer, have another
/// optimiser, see ``OptimizerParts``. A step costs about 2·(2·max + min)·min² multiply-adds for each Newton–Schulz step,
/// min and max being the matrix's sides; it is computed in float32, where PyTorch's `torch.optim.Muon` takes bfloat16.
public struct Muon: Optimizer {
  /// How the learning rate follows from the shape of a matrix, `[rows, columns]`.
  public enum RateAdjustment: Sendable, Hashable {
    /// It does not.
    case none
    /// It is multiplied by √max(1, rows/columns): PyTorch's `original`.
    case aspectRatio
    /// It is multiplied by 0.2·√max(rows, columns), so that updates are as large as AdamW's: PyTorch's
    /// `match_rms_adamw`.
    case matchingAdam

    func factor(rows: Int, columns: Int) -> Double {
      switch self {
      case .none: 1
      case .aspectRatio: max(1, Double(rows) / Double(max(columns, 1))).squareRoot()
      case .matchingAdam: 0.2 * Double(max(rows, columns)).squareRoot()
      }
    }
  }

  /// The learning rate η.
  public var learningRate: Float
  /// The momentum μ.
  public var momentum: Float
  /// Whether Nesterov's momentum is used.
  public var nesterov: Bool
  /// The weight decay λ, apart from the gradient as in ``AdamW``.
  public var weightDecay: Float
  /// The number of Newton–Schulz steps.
  public var steps: Int
  /// How the learning rate follows from a matrix's shape.
  public var rateAdjustment: RateAdjustment
  /// Whether each weight is scaled before the update so that its norm is √rows: that of a matrix whose rows have a norm
  /// of 1. For weights before a batch normalisation, which undoes any scale.
  public var normalizesWeights: Bool

  /// The optimiser.
  public init(
    learningRate: Float, momentum: Float = 0.95, nesterov: Bool = true, weightDecay: Float = 0, steps: Int = 5,
    rateAdjustment: RateAdjustment = .none, normalizesWeights: Bool = false
  ) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.nesterov = nesterov
    self.weightDecay = weightDecay
    self.steps = steps
    self.rateAdjustment = rateAdjustment
    self.normalizesWeights = normalizesWeights
  }

  public var name: String { "Muon" }

  public func plan(
    _ memory: ParameterMemory, threads: Int, level: InstructionSet?
  ) throws(OptimizerError) -> any PlannedOptimizer {
    try check()
    return try PlannedMuon(self, memory, threads: threads, level: level)
  }

  func check() throws(OptimizerError) {
    try require("learningRate", learningRate, atLeast: 0)
    try require("momentum", momentum, atLeast: 0)
    try require("weightDecay", weightDecay, atLeast: 0)
    guard 0...1000 ~= steps else {
      throw .invalidValue(optimizer: name, name: "steps", value: "\(steps)", expected: "0 to 1000")
    }
    guard !nesterov || momentum > 0 else {
      throw .invalidValue(
        optimizer: name, name: "nesterov", value: "true", expected: "false, or a momentum above 0")
    }
  }
}

private final class PlannedMuon: PlannedOptimizer {
  private var options: Muon
  private let memory: ParameterMemory
  private let velocity: FloatStorage
  private let matrices: [MuonMatrix]
  private let scratch: MuonScratch

  init(_ options: Muon, _ memory: ParameterMemory, threads: Int, level: InstructionSet?) throws(OptimizerError) {
    self.options = options
    self.memory = memory
    velocity = FloatStorage(zeros: memory.count)
    var matrices: [MuonMatrix] = []
    for (i, parameter) in memory.parameters.enumerated() {
      guard parameter.shape.rank >= 2 else {
        throw .invalidValue(
          optimizer: options.name, name: "the shape of '\(parameter.name)'", value: "\(parameter.shape)",
          expected: "at least 2 dimensions; OptimizerParts gives other parameters another optimiser")
      }
      guard let block = memory.pieces(of: memory.places[i]).first, parameter.shape.count > 0 else { continue }
      matrices.append(
        try MuonMatrix(
          options, index: i, block, rows: parameter.shape[0], columns: parameter.shape.count / parameter.shape[0],
          threads: threads, level: level))
    }
    self.matrices = matrices
    scratch = MuonScratch(matrices)
  }

  func step() {
    do {
      for matrix in matrices where !memory.isFrozen(matrix.index) {
        try matrix.step(options, velocity: velocity.pointer + matrix.block.range.lowerBound, scratch)
      }
    } catch {
      // Cannot happen: the options and the level were checked when the optimiser was planned.
      preconditionFailure("Muon: \(error)")
    }
  }

  var learningRate: Float {
    get { options.learningRate }
    set { options.learningRate = newValue }
  }
  var momentum: Float? {
    get { options.momentum == 0 ? nil : options.momentum }
    set { if let newValue { options.momentum = newValue } }
  }
  var stateTensors: [(name: String, values: UnsafeMutableBufferPointer<Float>)] {
    [("momentum_buffer", UnsafeMutableBufferPointer(start: velocity.pointer, count: velocity.count))]
  }
}

/// The memory that the steps of all matrices share.
private final class MuonScratch {
  /// The update X and what it becomes, each as large as the largest matrix.
  let update: FloatStorage
  let nextUpdate: FloatStorage
  /// XXᵀ, or XᵀX where that is smaller, and the polynomial of it.
  let gram: FloatStorage
  let polynomial: FloatStorage
  let norm = FloatStorage(zeros: 1)
  let workspace: Workspace

  init(_ matrices: [MuonMatrix]) {
    let count = matrices.map(\.count).max() ?? 0
    let square = matrices.map { $0.side * $0.side }.max() ?? 0
    update = FloatStorage(zeros: count)
    nextUpdate = FloatStorage(zeros: count)
    gram = FloatStorage(zeros: square)
    polynomial = FloatStorage(zeros: square)
    workspace = Workspace(byteCount: matrices.map(\.workspaceByteCount).max() ?? 0)
  }
}

/// The kernels of one matrix's step. A class, because plans are large values, which would be copied at every step.
private final class MuonMatrix {
  /// The matrix's index among the parameters.
  let index: Int
  let block: ParameterMemory.Block
  let count: Int
  /// The smaller side of the matrix, which is that of X's Gram matrix.
  let side: Int
  let workspaceByteCount: Int
  private let rows: Int
  private let rateFactor: Double
  private let isWide: Bool
  private let momentumStep: Plan<SGDStep>
  private let descent: Plan<SGDStep>
  private let norm: Plan<GradientNorm>
  private let scale: Plan<GradientClip>
  private let gram: Plan<GEMM>
  private let square: Plan<GEMM>
  private let product: Plan<GEMM>

  /// The coefficients of the Newton–Schulz step X ← a·X + b·AX + c·A²X.
  private static let coefficients: (a: Float, b: Float, c: Float) = (3.4445, -4.7750, 2.0315)

  init(
    _ options: Muon, index: Int, _ block: ParameterMemory.Block, rows: Int, columns: Int, threads: Int,
    level: InstructionSet?
  ) throws(OptimizerError) {
    self.index = index
    self.block = block
    self.rows = rows
    let count = rows * columns
    self.count = count
    let side = min(rows, columns)
    self.side = side
    isWide = rows <= columns
    rateFactor = options.rateAdjustment.factor(rows: rows, columns: columns)
    func plan<Op: KernelOperation>(_ problem: Op.Problem) throws(OptimizerError) -> Plan<Op> {
      try parameterKernel(Op.self, problem, for: options.name, threads: threads, level: level)
    }
    momentumStep = try plan(
      SGDStep.Problem(count: count, momentum: options.momentum, nesterov: options.nesterov))
    descent = try plan(SGDStep.Problem(count: count, maximize: true))
    norm = try plan(ElementwiseProblem(count: count))
    scale = try plan(ElementwiseProblem(count: count))
    gram = try plan(
      isWide
        ? GEMM.Problem(rows: rows, columns: rows, depth: columns, transposeB: true)
        : GEMM.Problem(rows: columns, columns: columns, depth: rows, transposeA: true))
    let (_, b, c) = MuonMatrix.coefficients
    square = try plan(GEMM.Problem(rows: side, columns: side, depth: side, alpha: c, beta: b))
    product = try plan(GEMM.Problem(rows: rows, columns: columns, depth: side))
    workspaceByteCount =
      [
        momentumStep.workspaceByteCount, descent.workspaceByteCount, norm.workspaceByteCount, scale.workspaceByteCount,
        gram.workspaceByteCount, square.workspaceByteCount, product.workspaceByteCount,
      ].max() ?? 0
  }

  func step(_ options: Muon, velocity: UnsafeMutablePointer<Float>, _ scratch: MuonScratch) throws(KernelError) {
    var (update, next) = (scratch.update.pointer, scratch.nextUpdate.pointer)
    let workspace = scratch.workspace
    // A step of learning rate 1 from 0 leaves −u there. The iteration is an odd function, so the sign is reversed in the end.
    update.update(repeating: 0, count: count)
    try momentumStep.run(
      SGDStep.Operands(
        parameters: update, gradients: UnsafePointer(block.gradients), velocity: velocity, learningRate: 1,
        isFirst: false, momentum: options.momentum),
      workspace: workspace)
    scale.run(
      GradientClip.Operands(values: update, scale: 1 / max(norm(of: update, scratch), 1e-7)), workspace: workspace)
    for _ in 0..<options.steps {
      iterate(update, to: next, scratch)
      swap(&update, &next)
    }
    var weightScale = 1 - Double(options.learningRate) * Double(options.weightDecay)
    if options.normalizesWeights {
      let norm = Double(norm(of: block.values, scratch))
      if norm > 0 { weightScale *= Double(rows).squareRoot() / norm }
    }
    if weightScale != 1 {
      scale.run(GradientClip.Operands(values: block.values, scale: Float(weightScale)), workspace: workspace)
    }
    try descent.run(
      SGDStep.Operands(
        parameters: block.values, gradients: UnsafePointer(update), velocity: nil,
        learningRate: Float(Double(options.learningRate) * rateFactor), isFirst: false),
      workspace: workspace)
  }

  private func norm(of values: UnsafeMutablePointer<Float>, _ scratch: MuonScratch) -> Float {
    norm.run(
      GradientNorm.Operands(values: UnsafePointer(values), norm: scratch.norm.pointer), workspace: scratch.workspace)
    return scratch.norm.pointer.pointee
  }

  /// One Newton–Schulz step: next ← (a + bA + cA²)·X for A = XXᵀ, or X·(a + bA + cA²) for A = XᵀX where that is smaller.
  private func iterate(_ x: UnsafePointer<Float>, to next: UnsafeMutablePointer<Float>, _ scratch: MuonScratch) {
    let (gram, polynomial) = (scratch.gram.pointer, scratch.polynomial.pointer)
    self.gram.run(GEMM.Operands(a: x, b: x, c: gram), workspace: scratch.workspace)
    polynomial.update(from: gram, count: side * side)
    square.run(GEMM.Operands(a: gram, b: gram, c: polynomial), workspace: scratch.workspace)
    for i in 0..<side { polynomial[i * side + i] += MuonMatrix.coefficients.a }
    product.run(
      isWide
        ? GEMM.Operands(a: polynomial, b: x, c: next)
        : GEMM.Operands(a: x, b: polynomial, c: next),
      workspace: scratch.workspace)
  }
}
