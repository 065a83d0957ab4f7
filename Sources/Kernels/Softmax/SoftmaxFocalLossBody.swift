import KernelsISA

/// Losses, gradients and predictions of all rows.
@inline(always)
func focalLoss<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<SoftmaxFocalLossArguments>) {
  if p.pointee.columns <= L.count {
    narrowFocalLoss(lanes, p)
  } else {
    wideFocalLoss(lanes, p)
  }
}

/// The loss of a row, 1 − p of its label, and the factor of its gradients.
///
/// - Parameters:
///   - distance: the label's logit minus the largest.
///   - labelExponential: the label's exponential.
///   - others: the sum of the other exponentials.
@inline(always)
private func focus<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<SoftmaxFocalLossArguments>, label: Int, distance: Float, labelExponential: Float,
  others: Float
) -> (loss: Float, complement: Float, slope: Float) {
  let sum = labelExponential + others
  let (probability, complement) = (labelExponential / sum, others / sum)
  // log p from the smaller of the two ratios is as accurate near p = 1 as near p = 0.
  var logarithm = distance - L.logarithm(L.splat(sum))[0]
  if labelExponential >= others { logarithm = -L.logarithm(onePlus: L.splat(others / labelExponential))[0] }
  var weight: Float = 1
  if let weights = p.pointee.classWeights { weight = weights[label] }
  let focus = weight * L.power(L.splat(complement), L.splat(p.pointee.gamma))[0]
  // −p·log p/(1 − p) is 1 at p = 1, and 0 at p = 0.
  var growth = -probability * logarithm / complement
  if complement == 0 { growth = 1 }
  if probability == 0 { growth = 0 }
  return (-focus * logarithm, complement, focus * (1 + p.pointee.gamma * growth) * p.pointee.gradientScale)
}

/// Rows of at most one vector, as in ``SoftmaxCrossEntropy``.
@inline(always)
private func narrowFocalLoss<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<SoftmaxFocalLossArguments>) {
  let columns = p.pointee.columns
  let total = p.pointee.rows &* columns
  let indices = L.laneIndices
  let isOutside = indices .>= L.splat(Float(columns))
  let zero = L.splat(0)
  var row = 0
  while row < p.pointee.rows {
    let start = row &* columns
    let logits = p.pointee.logits + start
    let isWhole = start &+ L.count <= total
    if !isWhole { L.copy(logits, p.pointee.scratch, first: columns) }
    var x = L.load(isWhole ? logits : UnsafePointer(p.pointee.scratch))
    x = x.replacing(with: L.splat(-.infinity), where: isOutside)
    let largest = L.maximum(x)
    let shifted = (x - L.splat(largest)).replacing(with: zero, where: isOutside)
    let exponentials = L.exponential(shifted).replacing(with: zero, where: isOutside)
    let isIgnored = p.pointee.labels[row] == p.pointee.ignoredLabel
    let label = isIgnored ? 0 : Int(p.pointee.labels[row])
    let isLabel = indices .== L.splat(Float(label))
    let labelExponential = L.total(zero.replacing(with: exponentials, where: isLabel))
    let others = L.total(exponentials.replacing(with: zero, where: isLabel))
    let sum = labelExponential + others
    let (loss, complement, slope) = focus(
      lanes, p, label: label, distance: logits[label] - largest, labelExponential: labelExponential, others: others)
    p.pointee.losses[row] = isIgnored ? 0 : loss
    if let logitGradients = p.pointee.logitGradients {
      var gradient =
        (exponentials * L.splat(1 / sum)).replacing(with: L.splat(-complement), where: isLabel) * L.splat(slope)
      if isIgnored { gradient = zero }
      L.store(gradient, isWhole ? logitGradients + start : p.pointee.scratch)
      if !isWhole { L.copy(p.pointee.scratch, logitGradients + start, first: columns) }
    }
    if let predictions = p.pointee.predictions {
      let index = sum == sum ? L.firstLane(of: largest, in: x) : argmax(logits, columns: columns)
      predictions[row] = Int32(truncatingIfNeeded: index)
    }
    row &+= 1
  }
}

/// Rows of more than one vector. The last vector of a row overlaps the one before it.
@inline(always)
private func wideFocalLoss<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<SoftmaxFocalLossArguments>) {
  let columns = p.pointee.columns
  var row = 0
  while row < p.pointee.rows {
    let logits = p.pointee.logits + row &* columns
    var gradients: UnsafeMutablePointer<Float>?
    if let all = p.pointee.logitGradients { gradients = all + row &* columns }
    let isIgnored = p.pointee.labels[row] == p.pointee.ignoredLabel
    let label = isIgnored ? 0 : Int(p.pointee.labels[row])
    let largest = rowMaximum(lanes, logits, columns: columns)
    let others = otherExponentials(lanes, logits, largest: largest, label: label, into: gradients, columns: columns)
    let distance = logits[label] - largest
    let labelExponential = L.exponential(L.splat(distance))[0]
    let sum = labelExponential + others
    let (loss, complement, slope) = focus(
      lanes, p, label: label, distance: distance, labelExponential: labelExponential, others: others)
    p.pointee.losses[row] = isIgnored ? 0 : loss
    if let gradients {
      if isIgnored {
        var i = 0
        while i &+ L.count <= columns {
          L.store(L.splat(0), gradients + i)
          i &+= L.count
        }
        L.store(L.splat(0), gradients + columns - L.count)
      } else {
        scaleRow(lanes, gradients, by: 1 / sum, then: slope, columns: columns)
        gradients[label] = -complement * slope
      }
    }
    if let predictions = p.pointee.predictions {
      let index = sum == sum ? firstIndex(of: largest, in: logits) : argmax(logits, columns: columns)
      predictions[row] = Int32(truncatingIfNeeded: index)
    }
    row &+= 1
  }
}

/// Writes exp(x − largest) of a row of at least one vector, and returns the sum of all but the label's.
@inline(always)
private func otherExponentials<L: Lanes>(
  _ lanes: L.Type, _ row: UnsafePointer<Float>, largest: Float, label: Int, into output: UnsafeMutablePointer<Float>?,
  columns: Int
) -> Float {
  let zero = L.splat(0)
  var sum = zero
  var i = 0
  while i &+ L.count <= columns {
    let exponentials = L.exponential(L.load(row + i) - L.splat(largest))
    sum += exponentials.replacing(with: zero, where: L.laneIndices .== L.splat(Float(label &- i)))
    if let output { L.store(exponentials, output + i) }
    i &+= L.count
  }
  if i < columns {
    let start = columns &- L.count
    let exponentials = L.exponential(L.load(row + start) - L.splat(largest))
    let uncounted = exponentials.replacing(with: zero, where: L.splat(Float(i &- start)) .> L.laneIndices)
    sum += uncounted.replacing(with: zero, where: L.laneIndices .== L.splat(Float(label &- start)))
    if let output { L.store(exponentials, output + start) }
  }
  return L.total(sum)
}
