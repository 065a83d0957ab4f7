/// How element-wise operations share their work among threads.
enum Elementwise {
  /// A run with fewer elements than this for each thread costs less than waking the thread.
  static let elementsPerThread = 1 << 16

  /// Elements that one thread's share is a multiple of: whole cache lines, and whole vectors of every level.
  static let granule = 64

  /// The number of parts that `count` elements are cut into.
  static func parts(_ count: Int, threads: Int) -> Int {
    Swift.max(1, Swift.min(threads, count / elementsPerThread))
  }
}

extension Kernel {
  /// A row for each level of the architecture, of one algorithm.
  static func levelRows<Arguments>(
    _ algorithm: String, _ functions: LevelFunctions<Arguments>,
    fitness: @escaping @Sendable (Op.Problem) -> Double? = { _ in 1 },
    run: @escaping @Sendable (LevelFunction<Arguments>, Op.Problem, _ threads: Int, Op.Operands) -> Void
  ) -> [Kernel] {
    InstructionSet.allCases.map { level in
      let function = functions[level]
      return Kernel(algorithm: algorithm, level: level, fitness: fitness) { problem, threads in
        PreparedKernel { operands, _ in run(function, problem, threads, operands) }
      }
    }
  }
}
