/// The definition of the product, element by element: what the sum begins with, and then one k after the other.
func referenceGEMM(_ problem: GEMM.Problem, _ operands: GEMM.Operands) {
  let (aRow, aDepth) = problem.aStrides
  let (bDepth, bColumn) = problem.bStrides
  for i in 0..<problem.rows {
    for j in 0..<problem.columns {
      let bias: Float? =
        switch problem.bias {
        case .none: nil
        case .perRow: operands.bias?[i]
        case .perColumn: operands.bias?[j]
        }
      let c = i * problem.cRowStride + j
      var sum =
        problem.beta == 0
        ? bias ?? 0
        : bias.map { problem.beta * operands.c[c] + $0 } ?? problem.beta * operands.c[c]
      for k in 0..<problem.depth {
        sum += problem.alpha * operands.a[i * aRow + k * aDepth] * operands.b[k * bDepth + j * bColumn]
      }
      operands.c[c] = problem.activation.limit(sum)
    }
  }
}
