/// A random change of a whole batch and of its targets.
public protocol BatchMixing: Sendable {
  /// Whether it works on images of this shape; by default on any.
  func check(imageShape: Shape) throws(DataError)
  /// Changes the batch in place.
  func apply(to batch: MixedBatch, using random: inout SplitMix64)
}

extension BatchMixing {
  public func check(imageShape: Shape) throws(DataError) {}
}

/// The memory of a batch that is mixed.
public struct MixedBatch {
  public let count: Int
  public let imageShape: Shape
  /// `[count]` and then ``imageShape``
  public let images: UnsafeMutablePointer<Float>
  /// `[count, targetCount]`: probabilities of the classes, at first 1 for the label and 0 for the others; or what the data
  /// set gives as targets.
  public let targets: UnsafeMutablePointer<Float>
  public let targetCount: Int
  /// Memory for one image or one target, whichever is larger.
  public let scratch: UnsafeMutablePointer<Float>

  /// Changes each row by the row before it as that was; the first by the last.
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

/// Mixes each image with the one before it in the batch, and their targets in the same proportion.
///
/// λ is drawn once a batch from the beta distribution with both parameters alpha (Zhang et al., "mixup: Beyond empirical
/// risk minimization", 2017); as torchvision's, with the batch's neighbour as the partner, since the order is random.
public struct Mixup: BatchMixing {
  public var alpha: Double

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

/// Replaces a box of each image by that of the image before it in the batch, and mixes their targets by area.
///
/// As torchvision's (Yun et al., "CutMix: Regularization strategy to train strong classifiers with localizable features",
/// 2019): λ from the beta distribution with both parameters alpha; a box of the share 1 − λ of the image, its centre any
/// pixel; what of it lies within the image counts.
public struct CutMix: BatchMixing {
  public var alpha: Double

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
