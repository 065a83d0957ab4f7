/// Images whose target is the image itself, for autoencoders: see ``Dataset/reconstructed()``.
public struct ReconstructedDataset: Dataset {
  /// The data set whose images these are.
  public let base: any Dataset

  public var count: Int { base.count }
  public var imageShape: Shape { base.imageShape }
  public var classNames: [String] { base.classNames }
  public var classCount: Int? { base.classCount }
  public var imageWeights: [Float]? { base.imageWeights }
  public var byteImages: ByteImages? { base.byteImages }
  public var targetsAreImages: Bool { true }
  public func label(at index: Int) -> Int { base.label(at: index) }

  public func readImage(at index: Int, into pixels: UnsafeMutableBufferPointer<Float>) throws {
    try base.readImage(at: index, into: pixels)
  }
}

/// Images with a loss weight each, see ``Dataset/weighted(by:)``.
public struct WeightedDataset: Dataset {
  /// The data set whose images these are.
  public let base: any Dataset
  public let imageWeights: [Float]?

  public var count: Int { base.count }
  public var imageShape: Shape { base.imageShape }
  public var classNames: [String] { base.classNames }
  public var classCount: Int? { base.classCount }
  public var targetShape: Shape? { base.targetShape }
  public var targetsAreImages: Bool { base.targetsAreImages }
  public var byteImages: ByteImages? { base.byteImages }
  public func label(at index: Int) -> Int { base.label(at: index) }

  public func readImage(at index: Int, into pixels: UnsafeMutableBufferPointer<Float>) throws {
    try base.readImage(at: index, into: pixels)
  }

  public func readTarget(at index: Int, into target: UnsafeMutableBufferPointer<Float>) throws {
    try base.readTarget(at: index, into: target)
  }
}

extension Dataset {
  /// The same images, each with itself as the target, for an autoencoder.
  ///
  ///     let loader = try BatchLoader(
  ///       dataset: images.reconstructed(), batchSize: 100, inputTransforms: [GaussianNoise(standardDeviation: 0.3)])
  ///
  /// The target is transformed and normalised as the image is; a loader's `inputTransforms` change the image alone.
  public func reconstructed() -> ReconstructedDataset { ReconstructedDataset(base: self) }

  /// The same images with a weight each, by which the image's loss and gradient are multiplied, in training and
  /// evaluation. A batch's mean loss is the sum of weighted losses divided by the number of images, not by the sum of
  /// weights.
  ///
  /// - Throws: ``DataError/invalidOption(name:value:expected:)`` if there is not one weight for each image, or if a
  ///   weight is negative or not finite.
  public func weighted(by weights: [Float]) throws(DataError) -> WeightedDataset {
    try checkImageWeights(weights, count: count)
    return WeightedDataset(base: self, imageWeights: weights)
  }

  /// Class weights for ``CrossEntropy/classWeights`` that give all classes the same total weight, however many images
  /// they have: images / (classes · images of the class), as scikit-learn's `balanced`; 0 for a class without images.
  ///
  /// - Throws: ``DataError`` for a set without classes, and for a label that names no class.
  public func balancedClassWeights() throws(DataError) -> [Float] {
    guard let classCount, classCount > 0 else {
      throw .invalidDataset(name: "\(type(of: self))", reason: "no classes, which weights are to balance")
    }
    var counts = [Int](repeating: 0, count: classCount)
    for index in 0..<count { counts[try checkedLabel(at: index, classCount: classCount)] += 1 }
    return counts.map { $0 == 0 ? 0 : Float(Double(count) / (Double(classCount) * Double($0))) }
  }
}

func checkImageWeights(_ weights: [Float], count: Int) throws(DataError) {
  try checkImageWeights(count: weights.count, images: count)
  for weight in weights { try checkImageWeight(weight) }
}

func checkImageWeights(count: Int, images: Int) throws(DataError) {
  guard count == images else {
    throw .invalidOption(name: "the number of image weights", value: "\(count)", expected: "\(images)")
  }
}

func checkImageWeight(_ weight: Float) throws(DataError) {
  guard weight >= 0, weight.isFinite else {
    throw .invalidOption(name: "an image's weight", value: "\(weight)", expected: "a finite number of at least 0")
  }
}
