/// A multi-dimensional array of Float in row-major order, in memory aligned to 64 bytes.
///
/// A tensor has value semantics: copies share memory until one of them is changed (copy on write).
///
///     var a = try Tensor(shape: [2, 3], [1, 2, 3, 4, 5, 6])
///     a[1, 2] = 0
public struct Tensor: Sendable {
  /// The tensor's shape.
  public let shape: Shape
  private(set) var storage: FloatStorage

  /// A tensor with the same value for all elements.
  public init(shape: Shape, repeating value: Float = 0) throws(ShapeError) {
    try Tensor.check(shape)
    guard FloatStorage.fits(shape.count) else { throw .memory(shape) }
    self.shape = shape
    storage = FloatStorage(repeating: value, count: shape.count)
  }

  /// A tensor of values in row-major order.
  public init(shape: Shape, _ values: some Collection<Float>) throws(ShapeError) {
    try Tensor.check(shape)
    guard values.count == shape.count else { throw .count(given: values.count, shape: shape) }
    self.shape = shape
    storage = FloatStorage(uninitialized: shape.count)
    _ = UnsafeMutableBufferPointer(start: storage.pointer, count: shape.count).initialize(from: values)
  }

  /// A tensor in the given memory, which nobody else writes to.
  init(shape: Shape, storage: FloatStorage) {
    self.shape = shape
    self.storage = storage
  }

  private static func check(_ shape: Shape) throws(ShapeError) {
    guard shape.dimensions.allSatisfy({ $0 >= 0 }), shape.count <= ShapeError.largestCount else {
      throw .invalid(shape)
    }
  }

  /// The number of values.
  public var count: Int { storage.count }

  /// The values in row-major order.
  public var scalars: [Float] { withUnsafeBufferPointer { Array($0) } }

  /// The value at one index for each dimension.
  public subscript(indices: Int...) -> Float {
    get { storage.pointer[offset(indices)] }
    set {
      makeUnique()
      storage.pointer[offset(indices)] = newValue
    }
  }

  private func offset(_ indices: [Int]) -> Int {
    precondition(indices.count == shape.rank, "\(indices.count) indices for a tensor of shape \(shape)")
    var offset = 0
    for (index, size) in zip(indices, shape.dimensions) {
      precondition(0 <= index && index < size, "index \(indices) is outside of shape \(shape)")
      offset = offset * size + index
    }
    return offset
  }

  /// The same values with another shape; they are not copied.
  public func reshaped(to shape: Shape) throws(ShapeError) -> Tensor {
    try Tensor.check(shape)
    guard shape.count == count else { throw .count(given: count, shape: shape) }
    return Tensor(shape: shape, storage: storage)
  }

  /// Calls `body` with the values; the pointer is not valid after it returns.
  public func withUnsafeBufferPointer<Result, Failure: Error>(
    _ body: (UnsafeBufferPointer<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeBufferPointer(start: storage.pointer, count: count))
  }

  /// Calls `body` with the values to change; the pointer is not valid after it returns.
  public mutating func withUnsafeMutableBufferPointer<Result, Failure: Error>(
    _ body: (UnsafeMutableBufferPointer<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    makeUnique()
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeMutableBufferPointer(start: storage.pointer, count: count))
  }

  private mutating func makeUnique() {
    if !isKnownUniquelyReferenced(&storage) {
      storage = FloatStorage(copying: storage.pointer, count: storage.count)
    }
  }
}

extension Tensor: Equatable {
  /// Whether shapes and values are equal, by `==` of `Float`: NaN differs from every value.
  public static func == (a: Tensor, b: Tensor) -> Bool {
    guard a.shape == b.shape else { return false }
    return a.withUnsafeBufferPointer { a in b.withUnsafeBufferPointer { b in a.elementsEqual(b) } }
  }
}

extension Tensor: CustomStringConvertible {
  /// The shape and the first values.
  public var description: String {
    let shown = withUnsafeBufferPointer { $0.prefix(8).map { "\($0)" } }
    return "Tensor \(shape) (\((shown + (count > 8 ? ["…"] : [])).joined(separator: ", ")))"
  }
}
