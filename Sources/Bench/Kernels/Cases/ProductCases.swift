import Kernels

enum ProductCases {
  static func cases(_ shape: KernelShape) -> [any KernelCase] {
    let problem = GEMM.Problem(shape)
    let (m, n, k) = (problem.rows, problem.columns, problem.depth)
    let product = OperationCase<GEMM>(
      shape: "\(shape)", problem: problem,
      work: Work(flops: 2 * Double(m) * Double(n) * Double(k), bytes: 4 * Double(m * k + k * n + m * n)), terms: k,
      checksum: { Checksum.product(problem, $0) },
      makeOperands: { memory in
        .init(a: memory.numbers(m * k), b: memory.numbers(k * n), c: memory.output(m * n))
      })
    return [product]
  }
}

extension Checksum {
  /// Freivalds' check (1977): C·v = A·(B·v) for a vector v of random odd numbers, row by row.
  static func product(_ problem: GEMM.Problem, _ operands: GEMM.Operands) -> Bool {
    let (m, n, k) = (problem.rows, problem.columns, problem.depth)
    let v = factors(n)
    var bv = [Int](repeating: 0, count: k)
    for depth in 0..<k {
      let (first, step) = problem.transposeB ? (depth, k) : (depth * n, 1)
      for j in 0..<n { bv[depth] &+= integer(operands.b[first + j * step]) &* v[j] }
    }
    for row in 0..<m {
      let (first, step) = problem.transposeA ? (row, m) : (row * k, 1)
      var expected = 0
      for depth in 0..<k { expected &+= integer(operands.a[first + depth * step]) &* bv[depth] }
      guard let sum = sum(UnsafePointer(operands.c) + row * n, v), sum == expected else { return false }
    }
    return true
  }
}
