/// How element-wise operations divide their work among threads.
enum Elementwise {
  /// A thread's part is a multiple of so many elements: whole cache lines, and whole vectors of every level.
  static let granule = 64
}

extension Kernel {
  /// One row for each level of the architecture, of an algorithm that divides its work into parts.
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

/// Calls `body` with scratch memory on the stack, for values that do not fill a vector: 384 bytes, six vectors of the
/// widest level. (`withUnsafeTemporaryAllocation` allocates on the heap where the alignment is a vector's.)
@inline(__always)
func withRowScratch(_ body: (UnsafeMutablePointer<Float>) -> Void) {
  var memory = (SIMD32<Float>.zero, SIMD32<Float>.zero, SIMD32<Float>.zero)
  withUnsafeMutableBytes(of: &memory) { bytes in
    if let base = bytes.baseAddress { body(base.assumingMemoryBound(to: Float.self)) }
  }
}
