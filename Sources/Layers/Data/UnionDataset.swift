/// The images of several data sets, one set behind another, such as originals and augmented copies of them:
///
///     let larger = try training.union(training.transformed(by: [RandomRotation(degrees: 10), GaussianNoise(std: 0.1)], seed: 1))
///
/// Nothing is copied.
public struct UnionDataset: Dataset {
  public let sets: [any Dataset]
  public let count: Int
  public let imageShape: Shape
  public let classNames: [String]
  public let classCount: Int?
  public let targetShape: Shape?
  public let targetsAreImages: Bool
  public let imageWeights: [Float]?
  /// The position of each set's first image.
  private let starts: [Int]

  /// - Throws: ``DataError/invalidDataset(name:reason:)`` for no set, and for sets whose images, classes or targets differ.
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

  /// The set that an image comes from, and its position there.
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
  /// This set's images, and those of others behind them.
  ///
  /// - Throws: ``DataError/invalidDataset(name:reason:)`` for sets whose images, classes or targets differ.
  public func union(_ others: any Dataset...) throws(DataError) -> UnionDataset {
    try UnionDataset([self] + others)
  }
}
