/// The cost of each algorithm for a product, in cycles of one thread.
struct GEMMCost {
  let problem: GEMM.Problem
  let level: InstructionSet
  let machine: Machine

  init(_ problem: GEMM.Problem, _ level: InstructionSet, _ machine: Machine) {
    self.problem = problem
    self.level = level
    self.machine = machine
  }

  var unpacked: Double {
    let (rows, columns, depth) = (problem.rows, problem.columns, problem.depth)
    guard rows > 0, columns > 0, rows <= 4096, max(columns, depth) <= 256, rows * columns * depth <= 1 << 22 else { return 10 }
    let places = 64 >> min((problem.bRowStride / 16).trailingZeroBitCount, 6)
    guard problem.bRowStride % 16 != 0 || depth <= 2 * 12 * places else { return 10 }
    if rows > 256, columns <= 16 ? narrow == 2 : columns % level.lanes != 0 { return 10 }
    return 1
  }
  var narrow: Double {
    !problem.transposeA && 1...(level.lanes == 16 ? 16 : 12) ~= problem.columns && problem.rows >= 4 * level.lanes && problem.depth % 4 == 0
      && 16...16384 ~= problem.depth ? 2 : 10
  }
  var outerProduct: Double {
    1...2 ~= problem.depth && problem.rows > 1 && problem.columns >= 4 * level.lanes ? 3 : 10
  }
  var fewRows: Double {
    problem.rows <= (level.lanes < 16 ? 16 : problem.rowsOfBConflict ? 64 : 48)
      && (problem.rows == 1 || problem.depth * problem.columns > 1 << 16) ? 4 : 10
  }
  var transposing: Double { problem.rows <= 6 && problem.depth <= 16384 ? 5 : 10 }
  var packed: Double { 6 }
}
