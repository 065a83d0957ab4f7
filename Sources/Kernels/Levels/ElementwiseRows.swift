/// How element-wise operations share their work among threads.
enum Elementwise {
  /// Elements that one thread's share is a multiple of: whole cache lines, and whole vectors of every level.
  static let granule = 64
}

extension Kernel {
  /// A row for each level of the architecture, of one algorithm, which shares its work out in parts.
  static func levelRows<Arguments>(
    _ algorithm: String, _ functions: LevelFunctions<Arguments>,
    cost: @escaping @Sendable (Op.Problem, Machine) -> Double? = { _, _ in 0 },
    work: @escaping @Sendable (Op.Problem) -> Work,
    run: @escaping @Sendable (LevelFunction<Arguments>, Op.Problem, _ parts: Int, Op.Operands) -> Void
  ) -> [Kernel] {
    InstructionSet.allCases.map { level in
      let function = functions[level]
      return Kernel(algorithm: algorithm, level: level, cost: cost) { problem, threads in
        let parts = work(problem).parts(threads: threads)
        return PreparedKernel { operands, _ in run(function, problem, parts, operands) }
      }
    }
  }
}

/// Calls `body` with memory of six vectors on the stack, for what does not fill a vector. (A temporary allocation as the
/// standard library has it is one on the heap where it is aligned for vectors.)
@inline(__always)
func withRowScratch(_ body: (UnsafeMutablePointer<Float>) -> Void) {
  var memory = (SIMD32<Float>.zero, SIMD32<Float>.zero, SIMD32<Float>.zero)
  withUnsafeMutableBytes(of: &memory) { bytes in
    if let base = bytes.baseAddress { body(base.assumingMemoryBound(to: Float.self)) }
  }
}
