/// Fills a matrix with orthogonal rows of norm `gain`, or orthogonal columns where it has more rows than columns,
/// uniformly distributed over all such matrices (Haar measure).
///
/// Normally distributed vectors are orthogonalised one after another (Gram-Schmidt). The projections on earlier vectors
/// are subtracted twice, which leaves only rounding errors (Giraud and others, "Rounding error analysis of the
/// classical Gram–Schmidt orthogonalization process", 2005). It takes rows · columns · min(rows, columns) · 4
/// multiply-adds, in Double.
func fillOrthogonal(
  _ values: UnsafeMutableBufferPointer<Float>, rows: Int, gain: Double, using generator: inout SplitMix64
) {
  guard rows > 0, !values.isEmpty else { return }
  let columns = values.count / rows
  let (count, length) = (min(rows, columns), max(rows, columns))
  let stride = (length + 7) / 8
  let tables = Ziggurat.shared
  var vectors = [SIMD8<Double>](repeating: SIMD8(), count: count * stride)
  vectors.withUnsafeMutableBufferPointer { vectors in
    for i in 0..<count {
      let vector = UnsafeMutableBufferPointer(rebasing: vectors[(i * stride)..<((i + 1) * stride)])
      // A vector that is linearly dependent on the earlier ones, which has probability 0, is drawn again.
      var norm = 0.0
      while norm < 1e-6 {
        for k in 0..<length { vector[k / 8][k % 8] = generator.standardNormal(tables) }
        for _ in 0..<2 {
          for j in 0..<i {
            let other = UnsafeMutableBufferPointer(rebasing: vectors[(j * stride)..<((j + 1) * stride)])
            subtract(dot(vector, other), other, from: vector)
          }
        }
        norm = dot(vector, vector).squareRoot()
      }
      for k in vector.indices { vector[k] /= norm }
    }
    for row in 0..<rows {
      for column in 0..<columns {
        let (i, k) = rows <= columns ? (row, column) : (column, row)
        values[row * columns + column] = Float(gain * vectors[i * stride + k / 8][k % 8])
      }
    }
  }
}

private typealias Vector = UnsafeMutableBufferPointer<SIMD8<Double>>

private func dot(_ a: Vector, _ b: Vector) -> Double {
  var sum = SIMD8<Double>()
  for k in a.indices { sum += a[k] * b[k] }
  let four = sum.lowHalf + sum.highHalf
  let two = four.lowHalf + four.highHalf
  return two.x + two.y
}

private func subtract(_ share: Double, _ other: Vector, from vector: Vector) {
  for k in vector.indices { vector[k] -= share * other[k] }
}
