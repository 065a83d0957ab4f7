/// The description of a random change of a whole batch and its targets.
public protocol BatchMixing: Sendable {
  /// Checks the options and the shape of images; by default accepts every shape.
  func check(imageShape: Shape) throws(DataError)
  /// Changes the batch in place.
  func apply(to batch: MixedBatch, using random: inout SplitMix64)
}

extension BatchMixing {
  public func check(imageShape: Shape) throws(DataError) {}
}

/// The memory of a batch that is being mixed.
public struct MixedBatch {
  /// The number of images.
  public let count: Int
  /// The shape of an image.
  public let imageShape: Shape
  /// The images, `[count] + imageShape`.
  public let images: UnsafeMutablePointer<Float>
  /// The targets, `[count, targetCount]`: class probabilities, initially one-hot labels, or the data set's targets.
  public let targets: UnsafeMutablePointer<Float>
  /// The number of values of a target.
  public let targetCount: Int
  /// Memory for one image or one target, whichever is larger.
  public let scratch: UnsafeMutablePointer<Float>

  /// Calls `mix` for each row with the original values of the row before it; for the first row, with the last row.
  fileprivate func mixRows(
    of rows: UnsafeMutablePointer<Float>, _ size: Int,
    _ mix: (UnsafeMutablePointer<Float>, UnsafePointer<Float>) -> Void
  ) {
    scratch.update(from: rows + (count - 1) * size, count: size)
    for row in (1..<count).reversed() { mix(rows + row * size, rows + (row - 1) * size) }
    mix(rows, scratch)
  }

  fileprivate func mixTargets(_ lambda: Float) {
    mixRows(of: targets, targetCount) { target, other in blend(target, other, targetCount, lambda) }
  }
}

/// λ·values + (1 − λ)·others, in place.
private func blend(
  _ values: UnsafeMutablePointer<Float>, _ others: UnsafePointer<Float>, _ count: Int, _ lambda: Float
) {
  let rest = 1 - lambda
  for i in 0..<count { values[i] = lambda * values[i] + rest * others[i] }
}

/// Blends each image with the one before it in the batch, and their targets in the same proportion.
///
/// λ is drawn once for each batch from the beta distribution with both parameters alpha (Zhang et al., "mixup: Beyond
/// empirical risk minimization", 2017). As in torchvision, the partner is the neighbour in the batch, since the order
/// is random.
public struct Mixup: BatchMixing {
  /// Both parameters of λ's beta distribution, above 0.
  public var alpha: Double

  /// A mixing with the given alpha.
  public init(alpha: Double) { self.alpha = alpha }

  public func check(imageShape: Shape) throws(DataError) { try checkAlpha("Mixup", alpha) }

  public func apply(to batch: MixedBatch, using random: inout SplitMix64) {
    apply(to: batch, lambda: Float(random.beta(alpha, alpha)))
  }

  func apply(to batch: MixedBatch, lambda: Float) {
    let size = batch.imageShape.count
    batch.mixRows(of: batch.images, size) { image, other in blend(image, other, size, lambda) }
    batch.mixTargets(lambda)
  }
}

/// Replaces a box of each image by the same box of the image before it in the batch, and blends their targets by area.
///
/// As torchvision's (Yun et al., "CutMix: Regularization strategy to train strong classifiers with localizable
/// features", 2019): λ is drawn from the beta distribution with both parameters alpha; the box has the fraction 1 − λ
/// of the image's area, centred at a random pixel, and is clipped to the image; the targets are blended by the clipped
/// area.
public struct CutMix: BatchMixing {
  /// Both parameters of λ's beta distribution, above 0.
  public var alpha: Double

  /// A mixing with the given alpha.
  public init(alpha: Double = 1) { self.alpha = alpha }

  public func check(imageShape: Shape) throws(DataError) {
    try checkAlpha("CutMix", alpha)
    guard imageShape.rank == 3 else {
      throw .invalidOption(name: "the images of CutMix", value: "\(imageShape)", expected: "[channels, height, width]")
    }
  }

  public func apply(to batch: MixedBatch, using random: inout SplitMix64) {
    let lambda = random.beta(alpha, alpha)
    let (height, width) = (batch.imageShape[1], batch.imageShape[2])
    let (x, y) = (random.next(below: width), random.next(below: height))
    let share = 0.5 * (1 - lambda).squareRoot()
    let (halfWidth, halfHeight) = (Int(share * Double(width)), Int(share * Double(height)))
    let (left, top) = (max(x - halfWidth, 0), max(y - halfHeight, 0))
    let (right, bottom) = (min(x + halfWidth, width), min(y + halfHeight, height))
    apply(to: batch, Box(top: top, left: left, height: bottom - top, width: right - left))
  }

  func apply(to batch: MixedBatch, _ box: Box) {
    let (channels, height, width) = (batch.imageShape[0], batch.imageShape[1], batch.imageShape[2])
    let lambda = 1 - Float(box.width * box.height) / Float(width * height)
    batch.mixRows(of: batch.images, batch.imageShape.count) { image, other in
      for channel in 0..<channels {
        for y in box.top..<(box.top + box.height) {
          let start = (channel * height + y) * width + box.left
          (image + start).update(from: other + start, count: box.width)
        }
      }
    }
    batch.mixTargets(lambda)
  }
}

private func checkAlpha(_ name: String, _ alpha: Double) throws(DataError) {
  guard alpha > 0, alpha.isFinite else {
    throw .invalidOption(name: "the alpha of \(name)", value: "\(alpha)", expected: "above 0")
  }
}
