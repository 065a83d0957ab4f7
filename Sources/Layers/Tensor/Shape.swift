/// The sizes of a tensor's dimensions, outermost first: `[3, 32, 32]` is three channels of 32 rows and 32 columns.
///
/// Shapes of layers and models describe one image; a batch adds a dimension in front.
public struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
  /// The sizes, outermost first.
  public let dimensions: [Int]

  /// A shape with the given sizes.
  public init(_ dimensions: [Int]) { self.dimensions = dimensions }
  public init(arrayLiteral dimensions: Int...) { self.init(dimensions) }

  /// The number of dimensions.
  public var rank: Int { dimensions.count }

  /// The number of elements, 1 for a shape without dimensions; `Int.max` if the product overflows.
  public var count: Int {
    var result = 1
    var overflowed = false
    for size in dimensions {
      if size == 0 { return 0 }
      let (product, overflow) = result.multipliedReportingOverflow(by: size)
      result = product
      overflowed = overflowed || overflow
    }
    return overflowed ? Int.max : result
  }

  /// The size of a dimension.
  public subscript(dimension: Int) -> Int { dimensions[dimension] }

  /// The shape with a first dimension of size `count` in front.
  public func batched(_ count: Int) -> Shape { Shape([count] + dimensions) }

  /// The shape without its first dimension.
  public var element: Shape { Shape(Array(dimensions.dropFirst())) }

  public var description: String { "[" + dimensions.map(String.init).joined(separator: ", ") + "]" }
}
