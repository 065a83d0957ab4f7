import KernelsISA

/// The targets of a row, without the part that its label adds.
protocol CrossEntropyTargets {
  /// Whether the targets are labels, not probabilities.
  static var areLabels: Bool { get }
  /// The targets of a vector of columns.
  ///
  /// - Parameters:
  ///   - value: the probabilities; 0 for labels.
  ///   - weight: the class weights.
  ///   - oneMinusSmoothing: 1 − smoothing.
  ///   - smoothingPerClass: smoothing / classes.
  static func targets<L: Lanes>(
    _ lanes: L.Type, value: L.Vector, weight: L.Vector, oneMinusSmoothing: L.Vector, smoothingPerClass: L.Vector
  ) -> L.Vector
}

/// Targets from labels: the smoothing alone, the same for all classes but for their weights.
enum LabelTargets: CrossEntropyTargets {
  static var areLabels: Bool { @inline(always) get { true } }

  @inline(always) static func targets<L: Lanes>(
    _ lanes: L.Type, value: L.Vector, weight: L.Vector, oneMinusSmoothing: L.Vector, smoothingPerClass: L.Vector
  ) -> L.Vector {
    weight * smoothingPerClass
  }
}

/// Targets from probabilities.
enum ProbabilityTargets: CrossEntropyTargets {
  static var areLabels: Bool { @inline(always) get { false } }

  @inline(always) static func targets<L: Lanes>(
    _ lanes: L.Type, value: L.Vector, weight: L.Vector, oneMinusSmoothing: L.Vector, smoothingPerClass: L.Vector
  ) -> L.Vector {
    L.multiplyAdd(value, oneMinusSmoothing, smoothingPerClass) * weight
  }
}

/// The arguments of ``crossEntropy(_:_:_:)``, cross entropy with smoothed or weighted labels or with probabilities.
struct CrossEntropyTargetsArguments {
  /// `[rows, columns]`
  var logits: UnsafePointer<Float>
  /// `[rows]`, each in 0 ..< columns or ``ignoredLabel``; nil for probabilities.
  var labels: UnsafePointer<Int32>?
  /// `[rows, columns]`; nil for labels.
  var probabilities: UnsafePointer<Float>?
  /// `[columns]`; nil for 1.
  var classWeights: UnsafePointer<Float>?
  /// `[rows]`
  var losses: UnsafeMutablePointer<Float>
  /// `[rows, columns]`; nil if not wanted.
  var logitGradients: UnsafeMutablePointer<Float>?
  /// `[rows]`; nil if not wanted.
  var predictions: UnsafeMutablePointer<Int32>?
  var rows: Int
  var columns: Int
  /// The label of rows with a loss and gradients of 0.
  var ignoredLabel: Int32
  /// 1 − smoothing.
  var oneMinusSmoothing: Float
  /// Smoothing / columns.
  var smoothingPerClass: Float
  /// The factor of the gradients.
  var gradientScale: Float
  /// Scratch memory of two vectors.
  var scratch: UnsafeMutablePointer<Float>
}

/// Losses, gradients and predictions of all rows.
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

/// A row's label, and its class weight · (1 − smoothing), which is added to the target of that class. −1 and 0 for ignored labels
/// and for probabilities.
@inline(always)
private func labelAndTarget(_ p: UnsafePointer<CrossEntropyTargetsArguments>, _ row: Int) -> (label: Int, target: Float)
{
  guard let labels = p.pointee.labels else { return (-1, 0) }
  let label = labels[row]
  if label == p.pointee.ignoredLabel { return (-1, 0) }
  return (Int(label), p.pointee.oneMinusSmoothing * classWeight(p, Int(label)))
}

/// The weight of a class.
@inline(always)
private func classWeight(_ p: UnsafePointer<CrossEntropyTargetsArguments>, _ label: Int) -> Float {
  if let weights = p.pointee.classWeights { return weights[label] }
  return 1
}

/// The targets of the vector of columns that begins at `column`, in the row at `offset`.
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
    lanes, value: value, weight: weight, oneMinusSmoothing: L.splat(p.pointee.oneMinusSmoothing),
    smoothingPerClass: L.splat(p.pointee.smoothingPerClass))
}

/// Rows of at most one vector, as in ``SoftmaxCrossEntropy``.
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
  let (oneMinusSmoothing, smoothingPerClass) = (
    L.splat(p.pointee.oneMinusSmoothing), L.splat(p.pointee.smoothingPerClass)
  )
  let isDense = !Targets.areLabels || p.pointee.smoothingPerClass != 0
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
    let (label, labelTarget) = labelAndTarget(p, row)
    let isIgnored = Targets.areLabels && label < 0

    var values = zero
    if let probabilities = p.pointee.probabilities {
      if !isWhole { L.copy(probabilities + start, second, first: columns) }
      values = L.load(isWhole ? probabilities + start : UnsafePointer(second))
    }
    var target = zero
    var loss: Float = 0
    if isDense {
      target = Targets.targets(
        lanes, value: values, weight: weights, oneMinusSmoothing: oneMinusSmoothing,
        smoothingPerClass: smoothingPerClass)
      target = target.replacing(with: zero, where: isOutside)
      loss = L.total((-(target * shifted)).replacing(with: zero, where: isOutside))
    }
    let targetSum = L.total(target) + labelTarget
    if Targets.areLabels, !isIgnored { loss -= labelTarget * (logits[label] - largest) }
    loss += targetSum * L.logarithm(L.splat(sum))[0]
    p.pointee.losses[row] = isIgnored ? 0 : loss

    if let logitGradients = p.pointee.logitGradients {
      let isLabel = indices .== L.splat(Float(label))
      if Targets.areLabels { target = target.replacing(with: target + L.splat(labelTarget), where: isLabel) }
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
  let isDense = !Targets.areLabels || p.pointee.smoothingPerClass != 0
  var row = 0
  while row < p.pointee.rows {
    let offset = row &* columns
    let logits = p.pointee.logits + offset
    var gradients: UnsafeMutablePointer<Float>?
    if let all = p.pointee.logitGradients { gradients = all + offset }
    let largest = rowMaximum(lanes, logits, columns: columns)
    let sum = rowExponentials(lanes, logits, largest: largest, into: gradients, columns: columns)
    let (label, labelTarget) = labelAndTarget(p, row)
    let isIgnored = Targets.areLabels && label < 0

    var (losses, targetSums) = (zero, zero)
    var i = 0
    while isDense, i < columns {
      let start = i < final ? i : final
      let target = targetVector(lanes, targets, p, offset, start)
      // Lanes that the vector before counted.
      let isCounted = L.splat(Float(i &- start)) .> L.laneIndices
      targetSums += target.replacing(with: zero, where: isCounted)
      losses += (target * (L.splat(largest) - L.load(logits + start))).replacing(with: zero, where: isCounted)
      i &+= L.count
    }
    let targetSum = L.total(targetSums) + labelTarget
    var loss = L.total(losses)
    if Targets.areLabels, !isIgnored { loss -= labelTarget * (logits[label] - largest) }
    loss += targetSum * L.logarithm(L.splat(sum))[0]
    p.pointee.losses[row] = isIgnored ? 0 : loss

    if let gradients {
      let scale = isIgnored ? zero : L.splat(p.pointee.gradientScale)
      let factor = L.splat(targetSum / sum)
      var atLabel: Float = 0
      if Targets.areLabels, !isIgnored {
        let target = classWeight(p, label) * p.pointee.smoothingPerClass + labelTarget
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
