import KernelsISA

/// Rows of at most one vector, one vector each, with −∞ in the lanes behind the last column. The excess that a vector stores to
/// the next rows is overwritten by their vectors.
@inline(always)
func narrowCrossEntropy<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<SoftmaxCrossEntropyArguments>) {
  let columns = p.pointee.columns
  let total = p.pointee.rows &* columns
  let scale = L.splat(p.pointee.gradientScale)
  let indices = L.laneIndices
  let isOutside = indices .>= L.splat(Float(columns))
  var row = 0
  while row < p.pointee.rows {
    let start = row &* columns
    let logits = p.pointee.logits + start
    let isWhole = start &+ L.count <= total
    // Partial vectors go through scratch memory, see `narrowRows`.
    if !isWhole { L.copy(logits, p.pointee.scratch, first: columns) }
    var x = L.load(isWhole ? logits : UnsafePointer(p.pointee.scratch))
    x = x.replacing(with: L.splat(-.infinity), where: isOutside)
    let largest = L.maximum(x)
    let shifted = (x - L.splat(largest)).replacing(with: L.splat(0), where: isOutside)
    let exponentials = L.exponential(shifted).replacing(with: L.splat(0), where: isOutside)
    let sum = L.total(exponentials)
    let label = Int(p.pointee.labels[row])
    p.pointee.losses[row] = L.logarithm(L.splat(sum))[0] - (logits[label] - largest)
    if let logitGradients = p.pointee.logitGradients {
      let target = L.splat(0).replacing(with: L.splat(1), where: indices .== L.splat(Float(label)))
      let gradient = (exponentials * L.splat(1 / sum) - target) * scale
      L.store(gradient, isWhole ? logitGradients + start : p.pointee.scratch)
      if !isWhole { L.copy(p.pointee.scratch, logitGradients + start, first: columns) }
    }
    if let predictions = p.pointee.predictions {
      if sum == sum {
        predictions[row] = Int32(truncatingIfNeeded: L.firstLane(of: largest, in: x))
      } else {
        predictions[row] = Int32(truncatingIfNeeded: argmax(logits, columns: columns))
      }
    }
    row &+= 1
  }
}

/// Rows of more than one vector. The last vector of a row overlaps the one before it.
@inline(always)
func wideCrossEntropy<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<SoftmaxCrossEntropyArguments>) {
  let columns = p.pointee.columns
  var row = 0
  while row < p.pointee.rows {
    let logits = p.pointee.logits + row &* columns
    let largest = rowMaximum(lanes, logits, columns: columns)
    let exponentials = p.pointee.logitGradients.map { $0 + row &* columns }
    let sum = rowExponentials(lanes, logits, largest: largest, into: exponentials, columns: columns)
    let label = Int(p.pointee.labels[row])
    p.pointee.losses[row] = L.logarithm(L.splat(sum))[0] - (logits[label] - largest)
    if let gradients = exponentials {
      let atLabel = (gradients[label] * (1 / sum) - 1) * p.pointee.gradientScale
      scaleRow(lanes, gradients, by: 1 / sum, then: p.pointee.gradientScale, columns: columns)
      gradients[label] = atLabel
    }
    if let predictions = p.pointee.predictions {
      let index = sum == sum ? firstIndex(of: largest, in: logits) : argmax(logits, columns: columns)
      predictions[row] = Int32(truncatingIfNeeded: index)
    }
    row &+= 1
  }
}

/// The largest value of a row of at least one vector; any of its values where some are NaN.
@inline(always)
func rowMaximum<L: Lanes>(_ lanes: L.Type, _ row: UnsafePointer<Float>, columns: Int) -> Float {
  var largest = L.load(row + columns - L.count)
  var i = 0
  while i &+ L.count < columns {
    largest = L.larger(largest, L.load(row + i))
    i &+= L.count
  }
  return L.maximum(largest)
}

/// Writes exp(x − largest) of a row of at least one vector, and returns their sum.
@inline(always)
func rowExponentials<L: Lanes>(
  _ lanes: L.Type, _ row: UnsafePointer<Float>, largest: Float, into output: UnsafeMutablePointer<Float>?, columns: Int
) -> Float {
  var sum = L.splat(0)
  var i = 0
  while i &+ L.count <= columns {
    let exponentials = L.exponential(L.load(row + i) - L.splat(largest))
    sum += exponentials
    if let output { L.store(exponentials, output + i) }
    i &+= L.count
  }
  if i < columns {
    let start = columns &- L.count
    let exponentials = L.exponential(L.load(row + start) - L.splat(largest))
    sum += exponentials.replacing(with: L.splat(0), where: L.splat(Float(i &- start)) .> L.laneIndices)
    if let output { L.store(exponentials, output + start) }
  }
  return L.total(sum)
}

/// Multiplies a row of at least one vector by `first`, then by `second`.
@inline(always)
func scaleRow<L: Lanes>(
  _ lanes: L.Type, _ row: UnsafeMutablePointer<Float>, by first: Float, then second: Float, columns: Int
) {
  let last = L.load(row + columns - L.count) * L.splat(first) * L.splat(second)
  var i = 0
  while i &+ L.count <= columns {
    L.store(L.load(row + i) * L.splat(first) * L.splat(second), row + i)
    i &+= L.count
  }
  L.store(last, row + columns - L.count)
}

/// The first index of a value that the row is known to hold.
@inline(always)
func firstIndex(of value: Float, in row: UnsafePointer<Float>) -> Int {
  var i = 0
  while row[i] != value { i &+= 1 }
  return i
}
