import TestSupport
import Testing

@testable import Kernels

/// The ways in which a product is computed: that tests meet each of them, and that each follows the definition for values
/// that are not numbers, too.
@Suite struct GEMMPathTests {
  /// A problem for each way, whatever the level.
  static let problems: [GEMMPath: GEMM.Problem] = [
    .small: .init(rows: 20, columns: 27, depth: 10),
    .narrow: .init(rows: 70, columns: 10, depth: 20, transposeB: true),
    .outer: .init(rows: 7, columns: 300, depth: 2),
    .rows: .init(rows: 3, columns: 701, depth: 100),
    .rowsInScratch: .init(rows: 6, columns: 701, depth: 100),
    .transposing: .init(rows: 3, columns: 45, depth: 21, transposeB: true),
    .onePanel: .init(rows: 5, columns: 43, depth: 30, beta: 1),
    .panels: .init(rows: 70, columns: 300, depth: 30),
    .panelsTransposing: .init(rows: 70, columns: 50, depth: 30, transposeB: true),
    .blocks: .init(rows: 800, columns: 20, depth: 1000),
    .blocksTransposing: .init(rows: 800, columns: 20, depth: 1000, transposeB: true),
  ]

  @Test("each way is met, is named, and gives the reference's result", arguments: InstructionSet.available)
  func everyPath(level: InstructionSet) throws {
    var met: Set<String> = []
    for path in GEMMPath.allCases {
      let problem = try #require(Self.problems[path])
      let data = GEMMTests.Data(problem, seed: 7)
      let plan = try Plan<GEMM>(problem, level: level)
      #expect(plan.kernel.level == level && !plan.kernel.isReference)
      #expect(plan.path == path.rawValue, "\(level), \(problem)")
      met.insert(plan.path)
      let expected = try data.run(Plan<GEMM>(problem, kernel: "reference"))
      #expect(firstDifference(try data.run(plan), expected) == nil, "\(level), \(path)")
    }
    #expect(met == Set(GEMMPath.allCases.map(\.rawValue)))
  }

  @Test("threads that go different ways are all named", arguments: InstructionSet.available)
  func severalPaths(level: InstructionSet) throws {
    // Some parts have a row fewer than a vector has lanes, the others enough.
    let rows = 2 * 5 * level.lanes - 5
    var names: Set<String> = []
    for threads in 1...12 {
      let problem = GEMM.Problem(rows: rows, columns: 10, depth: 20, transposeB: true, bias: .perColumn)
      let plan = try sharing { try Plan<GEMM>(problem, level: level, threads: threads) }
      names.formUnion(plan.path.split(separator: "+").map(String.init))
      let data = GEMMTests.Data(problem, seed: UInt64(threads))
      let expected = try data.run(Plan<GEMM>(problem, kernel: "reference"))
      #expect(firstDifference(try data.run(plan), expected) == nil, "\(level), \(threads) threads, \(plan.path)")
    }
    #expect(names.contains(GEMMPath.narrow.rawValue))
    #expect(names.isSubset(of: Set(GEMMPath.allCases.map(\.rawValue))))
  }

  @Test("a row that has one way names none, and so does an empty product")
  func withoutPath() throws {
    #expect(try Plan<ReLUForward>(.init(count: 1)).path.isEmpty)
    #expect(try Plan<GEMM>(.init(rows: 2, columns: 2, depth: 2), kernel: "reference").path.isEmpty)
    #expect(try Plan<GEMM>(.init(rows: 0, columns: 2, depth: 2)).path.isEmpty)
  }

  /// Factors of A and of C, in pairs.
  static let factors: [(alpha: Float, beta: Float)] = {
    let values: [Float] = [0, -0.0, 1, 2, .infinity, -.infinity, .nan]
    return values.flatMap { alpha in values.map { (alpha, $0) } }
  }()

  @Test(
    "zeros, infinities and NaN in alpha, beta and the matrices follow the definition, by every way",
    arguments: InstructionSet.available)
  func specialValues(level: InstructionSet) throws {
    var met: Set<String> = []
    for path in GEMMPath.allCases {
      let base = try #require(Self.problems[path])
      // The large ones are slow to make and to compare: their loops over blocks see every kind of factor.
      let isLarge = base.rows * base.depth > 1 << 18
      for (index, (alpha, beta)) in Self.factors.enumerated() where !isLarge || index % 9 == 0 {
        for bias in isLarge ? [.perRow] : [.none, .perRow, .perColumn] as [GEMM.Bias] {
          var problem = base
          (problem.alpha, problem.beta, problem.bias) = (alpha, beta, bias)
          problem.activation = [nil, nil, .relu6, .relu][index % 4]
          let data = Self.data(problem, seed: UInt64(index))
          let expected = try data.run(Plan<GEMM>(problem, kernel: "reference"))
          let plan = try Plan<GEMM>(problem, level: level)
          met.insert(plan.path)
          let difference = Self.firstDifferenceInBits(try data.run(plan), expected)
          #expect(difference == nil, "\(level), \(plan.path), \(problem): \(difference ?? "")")
        }
      }
    }
    #expect(met == Set(GEMMPath.allCases.map(\.rawValue)))
  }

  @Test("an empty sum is what it begins with, whatever alpha is", arguments: [Float.infinity, -.infinity, .nan, 0])
  func emptySums(alpha: Float) throws {
    for level in InstructionSet.available {
      for (rows, columns) in [(1, 3), (5, 40), (70, 20)] {
        let problem = GEMM.Problem(rows: rows, columns: columns, depth: 0, alpha: alpha, beta: 1)
        let c = GuardedBuffer<Float>(repeating: -0.0, count: rows * columns)
        let nothing = GuardedBuffer<Float>([])
        let plan = try Plan<GEMM>(problem, level: level)
        plan.run(
          .init(a: nothing.pointer, b: nothing.pointer, c: c.pointer),
          workspace: poisonedWorkspace(plan.workspaceByteCount))
        #expect(c.values.allSatisfy { $0 == 0 && $0.sign == .minus }, "\(level), \(rows)×\(columns)")
      }
    }
  }

  @Test("biases of a problem without bias are not read", arguments: InstructionSet.available)
  func biasesOfNoBias(level: InstructionSet) throws {
    for path in GEMMPath.allCases {
      let problem = try #require(Self.problems[path])
      let data = GEMMTests.Data(problem, seed: 8)
      let expected = try data.run(Plan<GEMM>(problem, kernel: "reference"))
      let (a, b, c) = (GuardedBuffer(data.a), GuardedBuffer(data.b), GuardedBuffer(data.c))
      let bias = GuardedBuffer<Float>(repeating: .nan, count: max(problem.rows, problem.columns))
      let plan = try Plan<GEMM>(problem, level: level)
      plan.run(
        .init(a: a.pointer, b: b.pointer, c: c.pointer, bias: bias.pointer),
        workspace: poisonedWorkspace(plan.workspaceByteCount))
      #expect(firstDifference(c.values, expected) == nil, "\(level), \(path)")
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
