/// The definition of the product, element by element.
func referenceGEMM(_ problem: GEMM.Problem, _ operands: GEMM.Operands) {
  let (aRow, aDepth) = problem.aStrides
  let (bDepth, bColumn) = problem.bStrides
  for i in 0..<problem.rows {
    for j in 0..<problem.columns {
      var sum: Float = 0
      for k in 0..<problem.depth {
        sum += operands.a[i * aRow + k * aDepth] * operands.b[k * bDepth + j * bColumn]
      }
      var value = problem.alpha * sum
      if problem.beta != 0 { value += problem.beta * operands.c[i * problem.cRowStride + j] }
      if let bias = operands.bias {
        switch problem.bias {
        case .none: break
        case .perRow: value += bias[i]
        case .perColumn: value += bias[j]
        }
      }
      if problem.relu, value < 0 { value = 0 }
      operands.c[i * problem.cRowStride + j] = value
    }
  }
}
