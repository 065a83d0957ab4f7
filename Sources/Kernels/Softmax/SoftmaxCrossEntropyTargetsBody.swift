import KernelsISA

/// What a row's targets are made of. A label's own share is added by the loop.
protocol CrossEntropyTargets {
  static var areLabels: Bool { get }
  /// The targets of some columns.
  ///
  /// - Parameters:
  ///   - value: the row's probabilities; 0 where there are labels.
  ///   - weight: of the classes.
  ///   - kept: 1 - smoothing.
  ///   - spread: smoothing / classes.
  static func targets<L: Lanes>(
    _ lanes: L.Type, value: L.Vector, weight: L.Vector, kept: L.Vector, spread: L.Vector
  ) -> L.Vector
}

enum LabelTargets: CrossEntropyTargets {
  static var areLabels: Bool { @inline(always) get { true } }

  @inline(always) static func targets<L: Lanes>(
    _ lanes: L.Type, value: L.Vector, weight: L.Vector, kept: L.Vector, spread: L.Vector
  ) -> L.Vector {
    weight * spread
  }
}

enum ProbabilityTargets: CrossEntropyTargets {
  static var areLabels: Bool { @inline(always) get { false } }

  @inline(always) static func targets<L: Lanes>(
    _ lanes: L.Type, value: L.Vector, weight: L.Vector, kept: L.Vector, spread: L.Vector
  ) -> L.Vector {
    L.multiplyAdd(value, kept, spread) * weight
  }
}

/// The same with targets that are not 1 at a label and 0 elsewhere.
struct CrossEntropyTargetsArguments {
  var logits: UnsafePointer<Float>
  /// One a row, 0 ..< columns or ignoredLabel.
  var labels: UnsafePointer<Int32>?
  /// [rows, columns].
  var probabilities: UnsafePointer<Float>?
  /// One a column.
  var classWeights: UnsafePointer<Float>?
  /// One a row.
  var losses: UnsafeMutablePointer<Float>
  var logitGradients: UnsafeMutablePointer<Float>?
  /// One a row.
  var predictions: UnsafeMutablePointer<Int32>?
  var rows: Int
  var columns: Int
  var ignoredLabel: Int32
  /// 1 - smoothing.
  var kept: Float
  /// Smoothing / columns.
  var spread: Float
  var gradientScale: Float
  /// Two vectors.
  var scratch: UnsafeMutablePointer<Float>
}

@inline(always)
func crossEntropy<L: Lanes, Targets: CrossEntropyTargets>(
  _ lanes: L.Type, _ targets: Targets.Type, _ p: UnsafePointer<CrossEntropyTargetsArguments>
) {
  if p.pointee.columns <= L.count {
    narrowCrossEntropy(lanes, targets, p)
  } else {
    wideCrossEntropy(lanes, targets, p)
  }
}

/// A row's label and what its own target is more than the others; -1 and 0 where there are no labels.
@inline(always)
private func ownTarget(_ p: UnsafePointer<CrossEntropyTargetsArguments>, _ row: Int) -> (label: Int, share: Float) {
  guard let labels = p.pointee.labels else { return (-1, 0) }
  let label = labels[row]
  if label == p.pointee.ignoredLabel { return (-1, 0) }
  return (Int(label), p.pointee.kept * classWeight(p, Int(label)))
}

@inline(always)
private func classWeight(_ p: UnsafePointer<CrossEntropyTargetsArguments>, _ label: Int) -> Float {
  if let weights = p.pointee.classWeights { return weights[label] }
  return 1
}

/// The targets of a vector of columns from `column` of the row that begins at `offset`.
@inline(always)
private func targetVector<L: Lanes, Targets: CrossEntropyTargets>(
  _ lanes: L.Type, _ targets: Targets.Type, _ p: UnsafePointer<CrossEntropyTargetsArguments>, _ offset: Int,
  _ column: Int
) -> L.Vector {
  var value = L.splat(0)
  if let probabilities = p.pointee.probabilities { value = L.load(probabilities + offset + column) }
  var weight = L.splat(1)
  if let weights = p.pointee.classWeights { weight = L.load(weights + column) }
  return Targets.targets(
    lanes, value: value, weight: weight, kept: L.splat(p.pointee.kept), spread: L.splat(p.pointee.spread))
}

/// Rows of at most one vector, as in the plain form.
@inline(always)
private func narrowCrossEntropy<L: Lanes, Targets: CrossEntropyTargets>(
  _ lanes: L.Type, _ targets: Targets.Type, _ p: UnsafePointer<CrossEntropyTargetsArguments>
) {
  let columns = p.pointee.columns
  let total = p.pointee.rows &* columns
  let scale = L.splat(p.pointee.gradientScale)
  let indices = L.laneIndices
  let isOutside = indices .>= L.splat(Float(columns))
  let (zero, one) = (L.splat(0), L.splat(1))
  let (kept, spread) = (L.splat(p.pointee.kept), L.splat(p.pointee.spread))
  let isDense = !Targets.areLabels || p.pointee.spread != 0
  var weights = one
  if let classWeights = p.pointee.classWeights { weights = L.load(classWeights, first: columns) }
  var row = 0
  while row < p.pointee.rows {
    let start = row &* columns
    let logits = p.pointee.logits + start
    let isWhole = start &+ L.count <= total
    let (first, second) = (p.pointee.scratch, p.pointee.scratch + L.count)
    if !isWhole { L.copy(logits, first, first: columns) }
    var x = L.load(isWhole ? logits : UnsafePointer(first))
    x = x.replacing(with: L.splat(-.infinity), where: isOutside)
    let largest = L.maximum(x)
    let shifted = x - L.splat(largest)
    let exponentials = L.exponential(shifted)
    let sum = L.total(exponentials)
    let (label, own) = ownTarget(p, row)
    let isIgnored = Targets.areLabels && label < 0

    var values = zero
    if let probabilities = p.pointee.probabilities {
      if !isWhole { L.copy(probabilities + start, second, first: columns) }
      values = L.load(isWhole ? probabilities + start : UnsafePointer(second))
    }
    var target = zero
    var loss: Float = 0
    if isDense {
      target = Targets.targets(lanes, value: values, weight: weights, kept: kept, spread: spread)
      target = target.replacing(with: zero, where: isOutside)
      loss = L.total((-(target * shifted)).replacing(with: zero, where: isOutside))
    }
    let targetSum = L.total(target) + own
    if Targets.areLabels, !isIgnored { loss -= own * (logits[label] - largest) }
    loss += targetSum * L.logarithm(L.splat(sum))[0]
    p.pointee.losses[row] = isIgnored ? 0 : loss

    if let logitGradients = p.pointee.logitGradients {
      let isLabel = indices .== L.splat(Float(label))
      if Targets.areLabels { target = target.replacing(with: target + L.splat(own), where: isLabel) }
      var gradient = (exponentials * L.splat(targetSum / sum) - target) * scale
      if isIgnored { gradient = zero }
      L.store(gradient, isWhole ? logitGradients + start : first)
      if !isWhole { L.copy(first, logitGradients + start, first: columns) }
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
private func wideCrossEntropy<L: Lanes, Targets: CrossEntropyTargets>(
  _ lanes: L.Type, _ targets: Targets.Type, _ p: UnsafePointer<CrossEntropyTargetsArguments>
) {
  let columns = p.pointee.columns
  let final = columns &- L.count
  let zero = L.splat(0)
  let isDense = !Targets.areLabels || p.pointee.spread != 0
  var row = 0
  while row < p.pointee.rows {
    let offset = row &* columns
    let logits = p.pointee.logits + offset
    var gradients: UnsafeMutablePointer<Float>?
    if let all = p.pointee.logitGradients { gradients = all + offset }
    let largest = rowMaximum(lanes, logits, columns: columns)
    let sum = rowExponentials(lanes, logits, largest: largest, into: gradients, columns: columns)
    let (label, own) = ownTarget(p, row)
    let isIgnored = Targets.areLabels && label < 0

    var (losses, targetSums) = (zero, zero)
    var i = 0
    while isDense, i < columns {
      let start = i < final ? i : final
      let target = targetVector(lanes, targets, p, offset, start)
      // Lanes that the vector before had.
      let isDone = L.splat(Float(i &- start)) .> L.laneIndices
      targetSums += target.replacing(with: zero, where: isDone)
      losses += (target * (L.splat(largest) - L.load(logits + start))).replacing(with: zero, where: isDone)
      i &+= L.count
    }
    let targetSum = L.total(targetSums) + own
    var loss = L.total(losses)
    if Targets.areLabels, !isIgnored { loss -= own * (logits[label] - largest) }
    loss += targetSum * L.logarithm(L.splat(sum))[0]
    p.pointee.losses[row] = isIgnored ? 0 : loss

    if let gradients {
      let scale = isIgnored ? zero : L.splat(p.pointee.gradientScale)
      let factor = L.splat(targetSum / sum)
      var atLabel: Float = 0
      if Targets.areLabels, !isIgnored {
        let target = classWeight(p, label) * p.pointee.spread + own
        atLabel = (gradients[label] * factor[0] - target) * p.pointee.gradientScale
      }
      let lastExponentials = L.load(gradients + final)
      i = 0
      while i < columns {
        let start = i < final ? i : final
        var target = zero
        if isDense { target = targetVector(lanes, targets, p, offset, start) }
        let exponentials = i > final ? lastExponentials : L.load(gradients + start)
        L.store(isIgnored ? zero : (exponentials * factor - target) * scale, gradients + start)
        i &+= L.count
      }
      if Targets.areLabels, !isIgnored { gradients[label] = atLabel }
    }
    if let predictions = p.pointee.predictions {
      let index = sum == sum ? firstIndex(of: largest, in: logits) : argmax(logits, columns: columns)
      predictions[row] = Int32(truncatingIfNeeded: index)
    }
    row &+= 1
  }
}
