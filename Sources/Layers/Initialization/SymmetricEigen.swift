/// Eigenvalues and eigenvectors of a symmetric matrix, in Double.
///
/// The cyclic Jacobi method: plane rotations zero one pair of off-diagonal elements after another, until the matrix is
/// diagonal to rounding (Golub and Van Loan, Matrix Computations, 4th edition, section 8.5; the angle after
/// Rutishauser, 1966). It is chosen for accuracy; for the sizes here, up to some hundreds, its time is no concern.
struct SymmetricEigen {
  /// The eigenvalues, the largest first.
  let values: [Double]
  /// The eigenvectors, of norm 1, in the order of ``values``; the component of largest magnitude is positive.
  let vectors: [[Double]]

  /// - Parameter matrix: `size` rows of `size` numbers; only the upper triangle with the diagonal is read.
  init(_ matrix: [Double], size n: Int) {
    var a = matrix
    for i in 0..<n { for j in 0..<i { a[i * n + j] = a[j * n + i] } }
    // Rows are the eigenvectors.
    var v = [Double](repeating: 0, count: n * n)
    for i in 0..<n { v[i * n + i] = 1 }
    let size = a.reduce(0) { $0 + $1 * $1 }
    // Convergence is quadratic: about ten sweeps suffice; 50 is a bound.
    for _ in 0..<50 {
      var beside = 0.0
      for i in 0..<n { for j in (i + 1)..<max(n, i + 1) { beside += a[i * n + j] * a[i * n + j] } }
      if beside <= 1e-32 * size { break }
      for p in 0..<n {
        for q in (p + 1)..<max(n, p + 1) where a[p * n + q] != 0 {
          SymmetricEigen.rotate(&a, &v, n, p, q)
        }
      }
    }
    let order = (0..<n).sorted { a[$0 * n + $0] > a[$1 * n + $1] }
    values = order.map { a[$0 * n + $0] }
    vectors = order.map { row in
      let vector = Array(v[(row * n)..<((row + 1) * n)])
      let largest = vector.max { abs($0) < abs($1) } ?? 0
      return largest < 0 ? vector.map { -$0 } : vector
    }
  }

  /// Zeroes the elements (p, q) and (q, p) by a rotation.
  private static func rotate(_ a: inout [Double], _ v: inout [Double], _ n: Int, _ p: Int, _ q: Int) {
    let theta = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q])
    let t = (theta < 0 ? -1 : 1) / (abs(theta) + (theta * theta + 1).squareRoot())
    let c = 1 / (t * t + 1).squareRoot()
    let s = t * c
    for k in 0..<n {
      let (x, y) = (a[k * n + p], a[k * n + q])
      a[k * n + p] = c * x - s * y
      a[k * n + q] = s * x + c * y
    }
    for k in 0..<n {
      let (x, y) = (a[p * n + k], a[q * n + k])
      a[p * n + k] = c * x - s * y
      a[q * n + k] = s * x + c * y
    }
    for k in 0..<n {
      let (x, y) = (v[p * n + k], v[q * n + k])
      v[p * n + k] = c * x - s * y
      v[q * n + k] = s * x + c * y
    }
  }
}
