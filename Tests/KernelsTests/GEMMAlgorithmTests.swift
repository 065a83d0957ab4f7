import TestSupport
import Testing

@testable import Kernels

/// The algorithms of the matrix product, which are rows of its table: that each is chosen for the problems that it is
/// for, and that each follows the definition on all that it accepts, for values that are not numbers, too.
@Suite struct GEMMAlgorithmTests {
  /// A problem that each algorithm is for, on Zen 5.
  static let chosen: [(algorithm: String, problem: GEMM.Problem)] = [
    ("unpacked", .init(rows: 20, columns: 27, depth: 10)),
    ("narrow", .init(rows: 4096, columns: 10, depth: 512, transposeB: true)),
    ("outer-product", .init(rows: 1000, columns: 1000, depth: 1)),
    ("few-rows", .init(rows: 1, columns: 4096, depth: 4096)),
    ("transposing", .init(rows: 2, columns: 1024, depth: 1024, transposeB: true)),
    ("packed", .init(rows: 512, columns: 512, depth: 512)),
  ]

  /// Problems that are computed in each of the ways that `Plan.path` names.
  static let paths: [(algorithm: String, path: String, problem: GEMM.Problem)] = [
    ("few-rows", FewRowsGEMM.Path.sumsInC.rawValue, .init(rows: 3, columns: 701, depth: 100)),
    ("few-rows", FewRowsGEMM.Path.sumsInScratch.rawValue, .init(rows: 6, columns: 701, depth: 100)),
    ("packed", PackedGEMM.Path.onePanel.rawValue, .init(rows: 5, columns: 43, depth: 30, beta: 1)),
    ("packed", PackedGEMM.Path.wholeA.rawValue, .init(rows: 70, columns: 300, depth: 30)),
    ("packed", PackedGEMM.Path.wholeA.rawValue, .init(rows: 70, columns: 50, depth: 30, transposeB: true)),
    ("packed", PackedGEMM.Path.blocksOfA.rawValue, .init(rows: 800, columns: 20, depth: 1000)),
    ("packed", PackedGEMM.Path.blocksOfA.rawValue, .init(rows: 800, columns: 20, depth: 1000, transposeB: true)),
  ]

  /// Small problems, of which every row accepts some.
  static let small: [GEMM.Problem] = [
    .init(rows: 70, columns: 10, depth: 20, transposeB: true), .init(rows: 20, columns: 27, depth: 11),
    .init(rows: 7, columns: 300, depth: 2), .init(rows: 3, columns: 45, depth: 23, transposeB: true),
    .init(rows: 13, columns: 33, depth: 21, transposeA: true),
  ]

  /// The rows of a level that accept a problem, without the reference.
  static func rows(_ problem: GEMM.Problem, _ level: InstructionSet) -> [Kernel<GEMM>] {
    GEMM.kernels.filter { $0.level == level && !$0.isReference && $0.accepts(problem) }
  }

  @Test("every level has every algorithm", arguments: InstructionSet.allCases)
  func algorithms(level: InstructionSet) {
    let algorithms = GEMM.kernels.filter { $0.level == level && !$0.isReference }.map(\.algorithm)
    #expect(Set(algorithms) == Set(Self.chosen.map(\.algorithm)) && algorithms.count == 6)
  }

  @Test("each algorithm is chosen for what it is for", arguments: InstructionSet.available)
  func choice(level: InstructionSet) throws {
    for (algorithm, problem) in Self.chosen {
      // Of few lanes, those of a tile waste less.
      if algorithm == "outer-product", level.lanes < 16 { continue }
      if algorithm == "narrow", level.lanes < 8 { continue }
      let kernel = try Plan<GEMM>.choice(for: problem, level: level, machine: .zen5)
      #expect(kernel.level == level && kernel.algorithm == algorithm, "\(kernel.name), \(problem)")
    }
  }

  @Test("every valid problem is accepted by a row of each level, whatever the machine")
  func alwaysAccepted() {
    for level in InstructionSet.allCases {
      for problem in GEMMTests.problems { #expect(!Self.rows(problem, level).isEmpty, "\(level), \(problem)") }
    }
  }

  @Test("the ways of a row are met, named, and give the reference's result", arguments: InstructionSet.available)
  func paths(level: InstructionSet) throws {
    var met: Set<String> = []
    for (algorithm, path, problem) in Self.paths {
      let kernel = try #require(Self.rows(problem, level).first { $0.algorithm == algorithm })
      let data = GEMMTests.Data(problem, seed: 7)
      let plan = try Plan<GEMM>(problem, kernel: kernel, threads: 1, machine: .zen5)
      #expect(plan.path == path, "\(kernel.name), \(problem)")
      met.insert(plan.path)
      let expected = try data.run(Plan<GEMM>(problem, kernel: "reference"))
      #expect(firstDifference(try data.run(plan), expected) == nil, "\(kernel.name), \(path)")
    }
    #expect(met == Set(PackedGEMM.Path.allCases.map(\.rawValue) + FewRowsGEMM.Path.allCases.map(\.rawValue)))
  }

  @Test("every row, with every width up to two vectors and one", arguments: InstructionSet.available)
  func widths(level: InstructionSet) throws {
    var ran: Set<String> = []
    var index = 0
    for columns in 1...2 * level.lanes + 1 {
      for rows in [1, 5, 12, 13, level.lanes, 4 * level.lanes + 3] {
        for transposeB in [false, true] {
          index += 1
          let depth = [1, 2, 4, 5, 6, 7, level.lanes + 3, 40, 2 * level.lanes + 6][index % 9]
          let problem = GEMM.Problem(
            rows: rows, columns: columns, depth: depth, transposeA: index % 5 == 0, transposeB: transposeB,
            beta: index % 7 == 0 ? -2 : 0, aRowStride: max(rows, depth) + index % 3, cRowStride: columns + index % 4,
            bias: index % 3 == 0 ? .perColumn : .none, activation: [nil, .relu, .relu6][index % 3])
          let data = GEMMTests.Data(problem, seed: UInt64(index))
          let expected = try data.run(Plan<GEMM>(problem, kernel: "reference"))
          for kernel in Self.rows(problem, level) {
            ran.insert(kernel.algorithm)
            for threads in [1, 3] {
              let plan = try sharing { try Plan<GEMM>(problem, kernel: kernel, threads: threads) }
              let difference = firstDifference(try data.run(plan), expected)
              #expect(difference == nil, "\(kernel.name), \(threads) threads, \(problem)")
            }
          }
        }
      }
    }
    #expect(ran == Set(Self.chosen.map(\.algorithm)))
  }

  @Test(
    "all rows give the same bits, whatever the machine that is planned for and the number of threads",
    arguments: InstructionSet.available)
  func sameBits(level: InstructionSet) throws {
    var random = TestRandom(seed: 6)
    let machines: [Machine] = [.zen5, .haswell, .zen2, .sapphireRapids]
    for problem in [
      GEMM.Problem(rows: 60, columns: 14, depth: 61), .init(rows: 60, columns: 40, depth: 61, transposeB: true),
      .init(rows: 300, columns: 70, depth: 1400), .init(rows: 13, columns: 1100, depth: 64),
    ] {
      let a = GuardedBuffer(random.reals(problem.rows * problem.depth))
      let b = GuardedBuffer(random.reals(problem.depth * problem.columns))
      var first: [Float] = []
      for kernel in Self.rows(problem, level) {
        for machine in machines {
          for threads in [1, 3] {
            let plan = try sharing { try Plan<GEMM>(problem, kernel: kernel, threads: threads, machine: machine) }
            #expect(plan.workspaceByteCount <= threads * Workspace.mostBytesPerThread)
            let c = GuardedBuffer<Float>.poisoned(count: problem.rows * problem.columns)
            plan.run(
              .init(a: a.pointer, b: b.pointer, c: c.pointer), workspace: poisonedWorkspace(plan.workspaceByteCount))
            if first.isEmpty { first = c.values }
            #expect(c.values == first, "\(kernel.name), \(machine.name), \(threads) threads, \(problem)")
          }
        }
      }
    }
  }

  @Test("the blocks on Zen 5 are those that were measured best, and smaller caches have smaller ones")
  func blocking() {
    let problem = GEMM.Problem(rows: 2048, columns: 2048, depth: 2048)
    let zen5 = GEMMBlocking(problem, rows: 2048, tileRows: 12, tileColumns: 32, .zen5)
    #expect([zen5.mr, zen5.nr, zen5.kc, zen5.mc, zen5.nc] == [12, 32, 512, 1032, 128])
    #expect(zen5.packedDepth == 512 && zen5.packsB)
    let haswell = GEMMBlocking(problem, rows: 2048, tileRows: 6, tileColumns: 16, .haswell)
    #expect(haswell.kc < zen5.kc && haswell.mc * haswell.kc < zen5.mc * zen5.kc)
    let small = GEMMBlocking(
      .init(rows: 100, columns: 500, depth: 500), rows: 100, tileRows: 12, tileColumns: 32, .zen5)
    #expect(small.packedDepth == 500 && small.mc >= 100)
  }

  @Test("a row that has one way names none, and so does the reference")
  func withoutPath() throws {
    #expect(try Plan<ReLUForward>(.init(count: 1)).path.isEmpty)
    let problem = GEMM.Problem(rows: 2, columns: 2, depth: 2)
    #expect(try Plan<GEMM>(problem, kernel: "reference").path.isEmpty)
    for kernel in Self.rows(problem, InstructionSet.lowest) where !["packed", "few-rows"].contains(kernel.algorithm) {
      #expect(try Plan<GEMM>(problem, kernel: kernel, threads: 1).path.isEmpty)
    }
  }

  @Test("a plan's row does not depend on the number of threads", arguments: InstructionSet.available)
  func threads(level: InstructionSet) throws {
    for problem in GEMMTests.problems {
      let names = try [1, 2, 5].map { threads in
        try sharing { try Plan<GEMM>(problem, level: level, threads: threads) }.kernel.name
      }
      #expect(Set(names).count == 1, "\(names), \(problem)")
    }
  }

  /// Factors of A and of C, in pairs.
  static let factors: [(alpha: Float, beta: Float)] = {
    let values: [Float] = [0, -0.0, 1, 2, .infinity, -.infinity, .nan]
    return values.flatMap { alpha in values.map { (alpha, $0) } }
  }()

  @Test(
    "zeros, infinities and NaN in alpha, beta and the matrices follow the definition, by every row",
    arguments: InstructionSet.available)
  func specialValues(level: InstructionSet) throws {
    var met: Set<String> = []
    for base in Self.small + Self.paths.map(\.problem) {
      // The large ones are slow to make and to compare: their loops over blocks see every kind of factor.
      let isLarge = base.rows * base.depth > 1 << 18
      for (index, (alpha, beta)) in Self.factors.enumerated() where !isLarge || index % 9 == 0 {
        for bias in isLarge ? [.perRow] : [.none, .perRow, .perColumn] as [GEMM.Bias] {
          var problem = base
          (problem.alpha, problem.beta, problem.bias) = (alpha, beta, bias)
          problem.activation = [nil, nil, .relu6, .relu][index % 4]
          let data = Self.data(problem, seed: UInt64(index))
          let expected = try data.run(Plan<GEMM>(problem, kernel: "reference"))
          for kernel in Self.rows(problem, level) {
            met.insert(kernel.algorithm)
            let plan = try Plan<GEMM>(problem, kernel: kernel, threads: 1)
            let difference = Self.firstDifferenceInBits(try data.run(plan), expected)
            #expect(difference == nil, "\(kernel.name), \(plan.path), \(problem): \(difference ?? "")")
          }
        }
      }
    }
    #expect(met == Set(Self.chosen.map(\.algorithm)))
  }

  @Test("an empty sum is what it begins with, whatever alpha is", arguments: [Float.infinity, -.infinity, .nan, 0])
  func emptySums(alpha: Float) throws {
    for level in InstructionSet.available {
      for (rows, columns) in [(1, 3), (5, 40), (70, 20)] {
        let problem = GEMM.Problem(rows: rows, columns: columns, depth: 0, alpha: alpha, beta: 1)
        for kernel in Self.rows(problem, level) {
          let c = GuardedBuffer<Float>(repeating: -0.0, count: rows * columns)
          let nothing = GuardedBuffer<Float>([])
          let plan = try Plan<GEMM>(problem, kernel: kernel, threads: 1)
          plan.run(
            .init(a: nothing.pointer, b: nothing.pointer, c: c.pointer),
            workspace: poisonedWorkspace(plan.workspaceByteCount))
          #expect(c.values.allSatisfy { $0 == 0 && $0.sign == .minus }, "\(kernel.name), \(rows)×\(columns)")
        }
      }
    }
  }

  @Test("biases of a problem without bias are not read", arguments: InstructionSet.available)
  func biasesOfNoBias(level: InstructionSet) throws {
    for problem in Self.small {
      let data = GEMMTests.Data(problem, seed: 8)
      let expected = try data.run(Plan<GEMM>(problem, kernel: "reference"))
      for kernel in Self.rows(problem, level) {
        let (a, b, c) = (GuardedBuffer(data.a), GuardedBuffer(data.b), GuardedBuffer(data.c))
        let bias = GuardedBuffer<Float>(repeating: .nan, count: max(problem.rows, problem.columns))
        let plan = try Plan<GEMM>(problem, kernel: kernel, threads: 1)
        plan.run(
          .init(a: a.pointer, b: b.pointer, c: c.pointer, bias: bias.pointer),
          workspace: poisonedWorkspace(plan.workspaceByteCount))
        #expect(firstDifference(c.values, expected) == nil, "\(kernel.name), \(problem)")
      }
    }
  }

  /// Small integers with a few zeros of either sign, infinities and NaN among them, so few that some elements of C are
  /// numbers.
  static func data(_ problem: GEMM.Problem, seed: UInt64) -> GEMMTests.Data {
    var data = GEMMTests.Data(problem, seed: seed)
    var random = TestRandom(seed: seed &+ 100)
    func put(_ values: [Float], into array: inout [Float]) {
      for value in values where !array.isEmpty { array[Int.random(in: array.indices, using: &random)] = value }
    }
    put([0, -0.0, 0, .infinity], into: &data.a)
    put([0, -0.0, -.infinity], into: &data.b)
    // A row of zeros, which an infinite alpha makes NaN of, and an infinity makes NaN of.
    for k in 0..<problem.depth where problem.rows > 1 {
      data.a[problem.aStrides.row + k * problem.aStrides.depth] = k % 2 == 0 ? 0 : -0.0
    }
    put([-0.0, 0, -0.0, .infinity], into: &data.bias)
    if problem.beta != 0 { put([0, -0.0, -0.0, .infinity, .nan], into: &data.c) }
    return data
  }

  /// The first difference in value or in the sign of a zero; NaN equals NaN.
  static func firstDifferenceInBits(_ a: [Float], _ b: [Float]) -> String? {
    for (i, (x, y)) in zip(a, b).enumerated() where !(x.isNaN && y.isNaN) {
      if x.bitPattern != y.bitPattern { return "at \(i): \(x) instead of \(y)" }
    }
    return a.count == b.count ? nil : "counts \(a.count) and \(b.count)"
  }
}
