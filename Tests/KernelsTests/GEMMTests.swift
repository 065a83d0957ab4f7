import Kernels
import TestSupport
import Testing

@Suite struct GEMMTests {
  /// Sizes on either side of every tile edge, and depths on either side of a block of k.
  static let sizes: [(rows: Int, columns: Int, depth: Int)] = {
    var sizes = [(0, 3, 2), (3, 0, 2), (3, 5, 0), (1, 1, 1), (13, 33, 513), (25, 65, 1030), (200, 35, 7), (7, 1100, 9)]
    // Large enough for several threads, which share rows or columns.
    sizes += [(301, 67, 401), (70, 299, 397), (1, 3001, 2999), (3001, 1, 2999)]
    for n in 1...40 { sizes += [(n, 41 - n, n % 7 + 1), (n % 13 + 1, n, 17), (5, 6, n)] }
    return sizes
  }()

  static let problems: [GEMM.Problem] = sizes.enumerated().map { i, size in
    let (rows, columns, depth) = size
    let (transposeA, transposeB) = (i & 1 != 0, i & 2 != 0)
    let padding = i % 3
    return GEMM.Problem(
      rows: rows, columns: columns, depth: depth, transposeA: transposeA, transposeB: transposeB,
      alpha: [1, 2, -1][i % 3], beta: [0, 1, -2, 0][i / 4 % 4],
      aRowStride: (transposeA ? rows : depth) + padding, bRowStride: (transposeB ? depth : columns) + padding,
      cRowStride: columns + padding, bias: [.none, .perRow, .perColumn][i / 2 % 3], relu: i % 5 == 0)
  }

  @Test("every kernel gives the reference's result exactly on small integers", arguments: InstructionSet.available)
  func matchesReference(level: InstructionSet) throws {
    var ran = 0
    for problem in Self.problems {
      let data = Data(problem, seed: 1)
      let expected = try data.run(Plan<GEMM>(problem, kernel: "reference"))
      for kernel in GEMM.kernels where kernel.level == level && kernel.fitness(problem) != nil {
        for threads in [1, 2] {
          let plan = try sharing { try Plan<GEMM>(problem, level: level, threads: threads, kernel: kernel.name) }
          #expect(plan.kernel.name == kernel.name)
          let difference = firstDifference(try data.run(plan), expected)
          #expect(difference == nil, "\(kernel.name), \(threads) threads, \(problem)")
          ran += kernel.isReference ? 0 : 1
        }
      }
    }
    #expect(ran >= 2 * Self.problems.count)
  }

  @Test("an element's bits do not depend on the other rows and columns, the tile or the threads")
  func sameBits() throws {
    var random = TestRandom(seed: 2)
    let (rows, columns, depth) = (37, 170, 1300)
    let a = GuardedBuffer(random.reals(rows * depth))
    let b = GuardedBuffer(random.reals(depth * columns))
    for level in InstructionSet.available {
      let whole = GuardedBuffer<Float>.poisoned(count: rows * columns)
      let plan = try sharing {
        try Plan<GEMM>(.init(rows: rows, columns: columns, depth: depth), level: level, threads: 2)
      }
      plan.run(
        .init(a: a.pointer, b: b.pointer, c: whole.pointer), workspace: poisonedWorkspace(plan.workspaceByteCount))
      for row in [0, 1, 12, 36] {
        let one = GuardedBuffer<Float>.poisoned(count: columns)
        let plan = try Plan<GEMM>(.init(rows: 1, columns: columns, depth: depth), level: level)
        plan.run(
          .init(a: a.pointer + row * depth, b: b.pointer, c: one.pointer),
          workspace: poisonedWorkspace(plan.workspaceByteCount))
        #expect(one.values == Array(whole.values[row * columns..<(row + 1) * columns]), "\(level), row \(row)")
      }
    }
  }

  @Test("NaN and infinities reach exactly the elements whose sums they are part of")
  func specialValues() throws {
    let (rows, columns, depth) = (14, 35, 6)
    let problem = GEMM.Problem(rows: rows, columns: columns, depth: depth, relu: true)
    var data = Data(problem, seed: 3)
    data.a[3 * depth + 2] = .nan
    data.b[1 * columns + 34] = .infinity
    data.b[0 * columns + 7] = Float(bitPattern: 700)
    let expected = try data.run(Plan<GEMM>(problem, kernel: "reference"))
    for level in InstructionSet.available {
      let result = try data.run(Plan<GEMM>(problem, level: level))
      #expect(firstDifference(result, expected) == nil, "\(level)")
      #expect(result[3 * columns].isNaN)
    }
  }

  @Test("a problem that is not a product is refused with what would be right")
  func refusals() {
    #expect(throws: KernelError.self) { try Plan<GEMM>(.init(rows: -1, columns: 1, depth: 1)) }
    #expect(throws: KernelError.self) { try Plan<GEMM>(.init(rows: 2, columns: 3, depth: 4, aRowStride: 3)) }
    #expect(throws: KernelError.self) { try Plan<GEMM>(.init(rows: 2, columns: 3, depth: 4, bRowStride: 2)) }
    #expect(throws: KernelError.self) { try Plan<GEMM>(.init(rows: 2, columns: 3, depth: 4, cRowStride: 2)) }
    #expect(throws: KernelError.tooLarge(operation: "gemm")) {
      try Plan<GEMM>(.init(rows: 1 << 32, columns: 1, depth: 1 << 32))
    }
    #expect(throws: KernelError.self) { try Plan<GEMM>(.init(rows: 1, columns: 1, depth: 1), threads: 0) }
    #expect(throws: KernelError.noKernel(operation: "gemm", name: "nonsense")) {
      try Plan<GEMM>(.init(rows: 1, columns: 1, depth: 1), kernel: "nonsense")
    }
  }

  @Test("a workspace that is too small is not used")
  func smallWorkspace() throws {
    let problem = GEMM.Problem(rows: 40, columns: 50, depth: 60)
    let data = Data(problem, seed: 5)
    let expected = try data.run(Plan<GEMM>(problem, kernel: "reference"))
    let plan = try Plan<GEMM>(problem)
    let (a, b) = (GuardedBuffer(data.a), GuardedBuffer(data.b))
    let c = GuardedBuffer<Float>.poisoned(count: 40 * 50)
    plan.run(.init(a: a.pointer, b: b.pointer, c: c.pointer), workspace: Workspace(byteCount: 0))
    #expect(plan.workspaceByteCount > 64)
    #expect(firstDifference(c.values, expected) == nil)
  }

  /// Operands of a problem, inputs small integers, with what lies between the rows of C.
  struct Data {
    let problem: GEMM.Problem
    var a: [Float]
    var b: [Float]
    var c: [Float]
    var bias: [Float]

    init(_ problem: GEMM.Problem, seed: UInt64) {
      var random = TestRandom(seed: seed)
      func size(_ rows: Int, _ columns: Int, _ stride: Int) -> Int { rows == 0 ? 0 : (rows - 1) * stride + columns }
      self.problem = problem
      let (rows, columns, depth) = (problem.rows, problem.columns, problem.depth)
      a = random.integers(
        problem.transposeA ? size(depth, rows, problem.aRowStride) : size(rows, depth, problem.aRowStride))
      b = random.integers(
        problem.transposeB ? size(columns, depth, problem.bRowStride) : size(depth, columns, problem.bRowStride))
      c = random.integers(size(rows, columns, problem.cRowStride))
      bias = random.integers(max(rows, columns))
      if problem.beta == 0 {
        // What is not read may be NaN.
        for i in 0..<rows { for j in 0..<columns { c[i * problem.cRowStride + j] = .nan } }
      }
    }

    func run(_ plan: Plan<GEMM>) throws -> [Float] {
      let (a, b, c, bias) = (GuardedBuffer(a), GuardedBuffer(b), GuardedBuffer(c), GuardedBuffer(bias))
      plan.run(
        .init(
          a: a.pointer, b: b.pointer, c: c.pointer, bias: problem.bias == .none ? nil : UnsafePointer(bias.pointer)),
        workspace: poisonedWorkspace(plan.workspaceByteCount))
      return c.values
    }
  }
}
