import Kernels
import TestSupport
import Testing

@Suite struct GEMMTests {
  /// Sizes on either side of every tile edge, and depths on either side of a block of k.
  static let sizes: [(rows: Int, columns: Int, depth: Int)] = {
    var sizes = [(0, 3, 2), (3, 0, 2), (3, 5, 0), (1, 1, 1), (13, 33, 513), (25, 65, 1030), (200, 35, 7), (7, 1100, 9)]
    // Several blocks of rows, columns and k.
    sizes += [(130, 300, 600), (801, 40, 1000), (60, 200, 520)]
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
      cRowStride: columns + padding, bias: [.none, .perRow, .perColumn][i / 2 % 3], activation: i % 5 == 0 ? .relu : nil
    )
  }

  @Test("every kernel gives the reference's result exactly on small integers", arguments: InstructionSet.available)
  func matchesReference(level: InstructionSet) throws {
    var ran = 0
    for problem in Self.problems {
      let data = Data(problem, seed: 1)
      let expected = try data.run(Plan<GEMM>(problem, kernel: "reference"))
      for kernel in GEMM.kernels where kernel.level == level && kernel.accepts(problem) {
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

  @Test("few rows and columns, in every layout and with every ending", arguments: InstructionSet.available)
  func smallProducts(level: InstructionSet) throws {
    var index = 0
    for rows in [1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 23, 24, 25] {
      for columns in [1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 20, 24, 31, 32, 33, 48, 65, 80] {
        index += 1
        // The parameters change at rates that have no common divisor, so that all pairs of them come about.
        let problem = GEMM.Problem(
          rows: rows, columns: columns, depth: [0, 1, 2, 3, 4, 5, 10, 17, 40, 70, 100][index % 11],
          transposeA: index & 1 != 0, transposeB: index & 2 != 0, alpha: [1, 2][index / 4 % 2],
          beta: [0, 1, 3][index % 3], cRowStride: columns + index % 5,
          bias: [.none, .perColumn, .perRow][index / 3 % 3], activation: index % 7 < 3 ? .relu : nil)
        let data = Data(problem, seed: UInt64(index))
        let expected = try data.run(Plan<GEMM>(problem, kernel: "reference"))
        for kernel in GEMM.kernels where kernel.level == level && kernel.accepts(problem) {
          let result = try data.run(Plan<GEMM>(problem, level: level, kernel: kernel.name))
          #expect(firstDifference(result, expected) == nil, "\(kernel.name), \(problem)")
        }
      }
    }
  }

  @Test("few columns, few rows, and rows that lie a multiple of 4 KB apart", arguments: InstructionSet.available)
  func shapesWithPathsOfTheirOwn(level: InstructionSet) throws {
    var problems: [GEMM.Problem] = []
    for (i, columns) in (1...17).enumerated() {
      problems.append(
        GEMM.Problem(
          rows: [64, 65, 79, 130][i % 4], columns: columns, depth: [16, 20, 36, 84, 100][i % 5],
          transposeB: i % 3 == 0, aRowStride: 100 + i % 2, cRowStride: columns + i % 3,
          bias: i % 2 == 0 ? .perColumn : .none, activation: i % 4 == 1 ? .relu : nil))
    }
    for rows in 1...17 {
      problems.append(
        GEMM.Problem(
          rows: rows, columns: 700 + rows, depth: 113 + rows, transposeA: rows % 3 == 0, alpha: [1, 2][rows % 2],
          beta: [0, 1, 3][rows % 3], cRowStride: 720, bias: [.none, .perColumn, .perRow][rows / 3 % 3],
          activation: rows % 4 == 1 ? .relu : nil))
    }
    for rows in [2, 5, 14, 40] {
      problems += [
        GEMM.Problem(rows: rows, columns: 150, depth: 200, bRowStride: 1024),
        GEMM.Problem(rows: rows, columns: 70, depth: 201, transposeB: true, bRowStride: 1024),
        GEMM.Problem(rows: rows, columns: 96, depth: 1030, transposeA: true, bRowStride: 2048, bias: .perColumn),
      ]
    }
    for (i, rows) in [19, 25, 37, 48, 50, 64, 65].enumerated() {
      problems += [
        GEMM.Problem(
          rows: rows, columns: 700 + i, depth: 100 + i, transposeA: i % 3 == 0, alpha: [1, 2][i % 2],
          beta: [0, 1, 3][i % 3], bias: [.none, .perColumn, .perRow][i % 3], activation: i % 4 == 1 ? .relu : nil),
        GEMM.Problem(rows: rows, columns: 640 + i, depth: 110 + i, bRowStride: 1024),
      ]
    }
    for (i, rows) in [2, 7, 300].enumerated() {
      problems += [1, 2].map {
        GEMM.Problem(
          rows: rows, columns: 260 + i, depth: $0, transposeA: i == 1, alpha: [1, 2][i % 2], beta: [3, 0, 1][i],
          cRowStride: 270, bias: [.none, .perColumn, .perRow][i], activation: i == 1 ? .relu6 : nil)
      }
    }
    for (i, size) in [(300, 24, 24), (1000, 32, 64), (400, 6, 150), (97, 130, 70), (160, 160, 160), (33, 256, 200)]
      .enumerated()
    {
      problems.append(
        GEMM.Problem(
          rows: size.0, columns: size.1, depth: size.2, transposeA: i == 3, bias: i % 2 == 0 ? .perColumn : .none,
          activation: i % 3 == 1 ? .relu : nil))
    }
    for (index, problem) in problems.enumerated() {
      let data = Data(problem, seed: UInt64(index))
      let expected = try data.run(Plan<GEMM>(problem, kernel: "reference"))
      for threads in [1, 3] {
        let plan = try sharing { try Plan<GEMM>(problem, level: level, threads: threads) }
        #expect(firstDifference(try data.run(plan), expected) == nil, "\(threads) threads, \(problem)")
      }
    }
  }

  @Test(
    "a row of a layer's output has the same bits in every batch", arguments: [true, false],
    [(85, 703), (16, 704), (10, 84), (120, 704)])
  func sameBitsInEveryBatch(transposeB: Bool, size: (columns: Int, depth: Int)) throws {
    var random = TestRandom(seed: 4)
    let (columns, depth) = size
    let batches = [1, 2, 4, 7, 12, 13, 33, 150, 500]
    let a = GuardedBuffer(random.reals(500 * depth))
    let b = GuardedBuffer(random.reals(depth * columns))
    let bias = GuardedBuffer(random.reals(columns))
    for level in InstructionSet.available {
      var first: [Float] = []
      for rows in batches {
        let problem = GEMM.Problem(
          rows: rows, columns: columns, depth: depth, transposeB: transposeB, bias: .perColumn, activation: .relu)
        let plan = try sharing { try Plan<GEMM>(problem, level: level, threads: rows % 3 + 1) }
        let c = GuardedBuffer<Float>.poisoned(count: rows * columns)
        plan.run(
          .init(a: a.pointer, b: b.pointer, c: c.pointer, bias: bias.pointer),
          workspace: poisonedWorkspace(plan.workspaceByteCount))
        let row = Array(c.values[0..<columns])
        if first.isEmpty { first = row }
        #expect(row == first, "\(level), \(rows) rows")
      }
    }
  }

  @Test("a thread's workspace is at most 4 MB, whatever the size")
  func workspaceLimit() throws {
    let sizes = [(1, 1, 1), (4, 4096, 1024), (4, 100_000, 4096), (4096, 4, 100_000), (9999, 9999, 9999)]
    for (rows, columns, depth) in sizes {
      for (transposeA, transposeB) in [(false, false), (true, false), (false, true), (true, true)] {
        for level in InstructionSet.available {
          for threads in [1, 2, 3] {
            let plan = try Plan<GEMM>(
              .init(rows: rows, columns: columns, depth: depth, transposeA: transposeA, transposeB: transposeB),
              level: level, threads: threads)
            #expect(plan.workspaceByteCount <= threads * 4 << 20, "\(plan.problem)")
          }
        }
      }
    }
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
    let problem = GEMM.Problem(rows: rows, columns: columns, depth: depth, activation: .relu)
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
