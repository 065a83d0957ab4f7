/// Images in memory as floats, each with a label, a target of any shape, or neither.
///
/// The tensors are not copied. Values are not scaled: transforms and normalisation expect colours from 0 to 1.
public struct TensorDataset: Dataset {
  /// `[count]` followed by the shape of an image.
  public let images: Tensor
  /// The class of each image; empty where images have no class.
  public let labels: [Int]
  /// `[count]` followed by the shape of a target; nil where images have no targets.
  public let targets: Tensor?
  public let classNames: [String]
  public let classCount: Int?

  public let count: Int
  public let imageShape: Shape
  public var targetShape: Shape? { targets?.shape.element }

  /// Images with labels, for classification.
  ///
  /// - Parameters:
  ///   - images: `[count]` followed by the shape of an image.
  ///   - labels: the class of each image.
  ///   - classCount: the number of classes; nil for one more than the largest label.
  ///   - classNames: the names of the classes; may be empty.
  /// - Throws: ``DataError`` when there is not one label for each image, or a label is not a class.
  public init(images: Tensor, labels: [Int], classCount: Int? = nil, classNames: [String] = []) throws(DataError) {
    let largest = min(max(labels.max() ?? -1, -1), Int(Int32.max) - 1)
    let classCount = classCount ?? (classNames.isEmpty ? largest + 1 : classNames.count)
    guard 0...Int(Int32.max) ~= classCount else {
      throw .invalidDataset(name: "tensor", reason: "\(classCount) classes, expected 0 to \(Int32.max)")
    }
    guard classNames.isEmpty || classNames.count == classCount else {
      throw .invalidDataset(name: "tensor", reason: "\(classNames.count) class names for \(classCount) classes")
    }
    try self.init(images, labels: labels, targets: nil, classCount: classCount, classNames: classNames)
    if let index = labels.firstIndex(where: { !(0..<classCount ~= $0) }) {
      throw .labelOutOfRange(file: "tensor", index: index, label: labels[index], classCount: classCount)
    }
  }

  /// Images with targets, for regression; or images alone.
  ///
  /// - Parameters:
  ///   - images: `[count]` followed by the shape of an image.
  ///   - targets: `[count]` followed by the shape of a target; nil for none.
  /// - Throws: ``DataError`` when there is not one target for each image.
  public init(images: Tensor, targets: Tensor? = nil) throws(DataError) {
    try self.init(images, labels: [], targets: targets, classCount: nil, classNames: [])
  }

  private init(
    _ images: Tensor, labels: [Int], targets: Tensor?, classCount: Int?, classNames: [String]
  ) throws(DataError) {
    guard images.shape.rank > 1 else {
      throw .invalidDataset(name: "tensor", reason: "images of shape \(images.shape); expected [count, …]")
    }
    let count = images.shape[0]
    guard classCount == nil || labels.count == count else {
      throw .invalidDataset(name: "tensor", reason: "\(labels.count) labels for \(count) images")
    }
    if let targets {
      guard targets.shape.rank > 0, targets.shape[0] == count else {
        throw .invalidDataset(name: "tensor", reason: "targets of shape \(targets.shape) for \(count) images")
      }
    }
    self.images = images
    self.labels = labels
    self.targets = targets
    self.classCount = classCount
    self.classNames = classNames
    self.count = count
    imageShape = images.shape.element
  }

  public func label(at index: Int) -> Int { labels.isEmpty ? 0 : labels[index] }

  public func readImage(at index: Int, into pixels: UnsafeMutableBufferPointer<Float>) {
    TensorDataset.read(images, index, imageShape.count, into: pixels)
  }

  public func readTarget(at index: Int, into target: UnsafeMutableBufferPointer<Float>) {
    if let targets { TensorDataset.read(targets, index, targets.shape.element.count, into: target) }
  }

  private static func read(
    _ tensor: Tensor, _ index: Int, _ count: Int, into buffer: UnsafeMutableBufferPointer<Float>
  ) {
    tensor.withUnsafeBufferPointer { source in
      guard let from = source.baseAddress, let to = buffer.baseAddress else { return }
      to.update(from: from + index * count, count: count)
    }
  }
}
