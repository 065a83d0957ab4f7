/// The images of several data sets, concatenated, such as originals and augmented copies:
///
///     let noise = GaussianNoise(standardDeviation: 0.1)
///     let larger = try training.union(training.transformed(by: [RandomRotation(degrees: 10), noise], seed: 1))
///
/// Nothing is copied.
public struct UnionDataset: Dataset {
  /// The data sets, in order.
  public let sets: [any Dataset]
  public let count: Int
  public let imageShape: Shape
  public let classNames: [String]
  public let classCount: Int?
  public let targetShape: Shape?
  public let targetsAreImages: Bool
  public let imageWeights: [Float]?
  /// The index of each data set's first image.
  private let starts: [Int]

  /// - Throws: ``DataError/invalidDataset(name:reason:)`` for an empty list, and for data sets whose image shapes,
  ///   classes or targets differ.
  public init(_ sets: [any Dataset]) throws(DataError) {
    guard let first = sets.first else { throw .invalidDataset(name: "union", reason: "no set; expected at least one") }
    var starts: [Int] = []
    var count = 0
    for set in sets {
      try UnionDataset.require("images of shape", set.imageShape, first.imageShape)
      try UnionDataset.require("class names", set.classNames, first.classNames)
      try UnionDataset.require("a number of classes of", set.classCount, first.classCount)
      try UnionDataset.require("targets of shape", set.targetShape, first.targetShape)
      try UnionDataset.require("targets that are images:", set.targetsAreImages, first.targetsAreImages)
      starts.append(count)
      count += set.count
    }
    self.sets = sets
    self.starts = starts
    self.count = count
    imageShape = first.imageShape
    classNames = first.classNames
    classCount = first.classCount
    targetShape = first.targetShape
    targetsAreImages = first.targetsAreImages
    let areWeighted = sets.contains { $0.imageWeights != nil }
    imageWeights =
      areWeighted ? sets.flatMap { $0.imageWeights ?? [Float](repeating: 1, count: $0.count) } : nil
  }

  private static func require<Value: Equatable>(
    _ what: String, _ value: Value, _ expected: Value
  ) throws(DataError) {
    guard value == expected else {
      throw .invalidDataset(
        name: "union", reason: "a set has \(what) \(value); expected \(expected), as the first set has")
    }
  }

  /// The data set of an image, and its index there.
  private func place(_ index: Int) -> (set: any Dataset, index: Int) {
    let set = starts.lastIndex { $0 <= index } ?? 0
    return (sets[set], index - starts[set])
  }

  public func label(at index: Int) -> Int {
    let (set, index) = place(index)
    return set.label(at: index)
  }

  public func readImage(at index: Int, into pixels: UnsafeMutableBufferPointer<Float>) throws {
    let (set, index) = place(index)
    try set.readImage(at: index, into: pixels)
  }

  public func readTarget(at index: Int, into target: UnsafeMutableBufferPointer<Float>) throws {
    let (set, index) = place(index)
    try set.readTarget(at: index, into: target)
  }
}

extension Dataset {
  /// This data set's images, followed by those of others.
  ///
  /// - Throws: ``DataError/invalidDataset(name:reason:)`` for data sets whose image shapes, classes or targets differ.
  public func union(_ others: any Dataset...) throws(DataError) -> UnionDataset {
    try UnionDataset([self] + others)
  }
}
