/// A selection of a data set's images in any order, relabelled where classes were selected.
///
/// Only indices and labels are copied: images are read from the base data set. A subset of a subset refers to the base
/// directly.
public struct Subset: Dataset {
  /// The data set from which images are read.
  public let base: any Dataset
  /// The position in ``base`` of each image.
  public let indices: [Int]
  public let classNames: [String]
  public let classCount: Int?
  /// The label of each image.
  private let labels: [Int]

  public var count: Int { indices.count }
  public var imageShape: Shape { base.imageShape }
  public var targetShape: Shape? { base.targetShape }
  public var targetsAreImages: Bool { base.targetsAreImages }
  public let imageWeights: [Float]?
  public let byteImages: ByteImages?

  /// The images of `base` at the given indices, which may repeat.
  ///
  /// - Throws: ``DataError/invalidOption(name:value:expected:)`` for an index outside the set.
  public init(_ base: any Dataset, indices: [Int]) throws(DataError) {
    if let index = indices.first(where: { !(0..<base.count ~= $0) }) {
      throw .invalidOption(name: "an index of the subset", value: "\(index)", expected: "0 ..< \(base.count)")
    }
    self.init(checked: base, indices)
  }

  /// A subset whose indices are known to be valid.
  init(checked base: any Dataset, _ indices: [Int]) {
    self.init(
      checked: base, indices, labels: indices.map(base.label(at:)), classCount: base.classCount,
      classNames: base.classNames)
  }

  /// A subset with new labels.
  init(checked base: any Dataset, _ indices: [Int], labels: [Int], classCount: Int?, classNames: [String]) {
    if let subset = base as? Subset {
      self.base = subset.base
      self.indices = indices.map { subset.indices[$0] }
    } else {
      self.base = base
      self.indices = indices
    }
    self.labels = labels
    self.classCount = classCount
    self.classNames = classNames
    imageWeights = base.imageWeights.map { weights in indices.map { weights[$0] } }
    byteImages = base.byteImages.map { bytes in
      ByteImages(source: bytes.source, positions: indices.map { bytes.position($0) })
    }
  }

  public func label(at index: Int) -> Int { labels[index] }

  public func readImage(at index: Int, into pixels: UnsafeMutableBufferPointer<Float>) throws {
    try base.readImage(at: indices[index], into: pixels)
  }

  public func readTarget(at index: Int, into target: UnsafeMutableBufferPointer<Float>) throws {
    try base.readTarget(at: indices[index], into: target)
  }
}

extension Dataset {
  /// The images at the given indices; no pixel is copied.
  ///
  /// - Throws: ``DataError/invalidOption(name:value:expected:)`` for an index outside the set.
  public func subset(_ indices: [Int]) throws(DataError) -> Subset {
    try Subset(self, indices: indices)
  }

  /// The first `count` images, or all if there are fewer; none for numbers below 1. No pixel is copied.
  public func first(_ count: Int) -> Subset {
    Subset(checked: self, Array(0..<min(max(count, 0), self.count)))
  }

  /// The images of the given classes, in the data set's order, with new labels: the first given class becomes 0, the
  /// second 1, and so on. No pixel is copied.
  ///
  /// - Throws: ``DataError/invalidOption(name:value:expected:)`` for a class that the data set does not have, or one
  ///   given twice.
  public func subset(classes chosen: [Int]) throws(DataError) -> Subset {
    let classes = max(classCount ?? 0, 0)
    var newLabels = [Int?](repeating: nil, count: classes)
    for (label, old) in chosen.enumerated() {
      guard 0..<classes ~= old, newLabels[old] == nil else {
        throw .invalidOption(
          name: "a class of the subset", value: "\(old)", expected: "each of 0 ..< \(classes) at most once")
      }
      newLabels[old] = label
    }
    var indices: [Int] = []
    var labels: [Int] = []
    for index in 0..<count {
      guard let label = newLabels[try checkedLabel(at: index, classCount: classes)] else { continue }
      indices.append(index)
      labels.append(label)
    }
    let names = classNames.count == classes ? chosen.map { classNames[$0] } : []
    return Subset(checked: self, indices, labels: labels, classCount: chosen.count, classNames: names)
  }

  /// The images of the classes with the given names, with new labels: see ``subset(classes:)``.
  ///
  /// - Throws: ``DataError/invalidOption(name:value:expected:)`` for a name that no class has.
  public func subset(classesNamed names: [String]) throws(DataError) -> Subset {
    var chosen: [Int] = []
    for name in names {
      guard let label = classNames.firstIndex(of: name) else {
        throw .invalidOption(
          name: "a class of the subset", value: "'\(name)'", expected: classNames.joined(separator: ", "))
      }
      chosen.append(label)
    }
    return try subset(classes: chosen)
  }
}

extension ImageDataset {
  /// Copies a subset's images into a data set with contiguous pixels.
  ///
  /// - Throws: ``DataError/invalidDataset(name:reason:)`` when the images are not bytes in memory, or have labels above
  ///   255.
  public init(copying subset: Subset, name: String? = nil) throws(DataError) {
    guard let bytes = subset.byteImages else {
      throw .invalidDataset(name: name ?? "subset", reason: "its images are not bytes in memory")
    }
    let (set, size) = (bytes.source, bytes.source.imageByteCount)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(subset.count * size)
    var labels: [UInt8] = []
    for index in 0..<subset.count {
      let position = Int(bytes.position(index))
      pixels.append(contentsOf: set.pixels[(position * size)..<((position + 1) * size)])
      guard let label = UInt8(exactly: subset.label(at: index)) else {
        throw .invalidDataset(name: name ?? set.name, reason: "label \(subset.label(at: index)), expected at most 255")
      }
      labels.append(label)
    }
    try self.init(
      pixels: pixels, labels: labels, channels: set.channels, height: set.height, width: set.width,
      classNames: subset.classNames, name: name ?? set.name)
  }
}
