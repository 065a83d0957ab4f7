/// One number for each axis of an image: a kernel size, stride, padding or dilation, in pixels.
public struct Size2D: Hashable, Sendable, CustomStringConvertible {
  /// Along the rows' axis.
  public var height: Int
  /// Along the columns' axis.
  public var width: Int

  /// A number for each axis.
  public init(_ height: Int, _ width: Int) {
    self.height = height
    self.width = width
  }

  /// The same number for both axes.
  public init(_ both: Int) { self.init(both, both) }

  public var description: String { height == width ? "\(height)" : "\(height)×\(width)" }
}

/// An `Int`, used for both axes, or a ``Size2D``: `kernelSize: 5`, `kernelSize: Size2D(3, 5)`.
public protocol Size2DConvertible: Sendable {
  /// The number for each axis.
  var size2D: Size2D { get }
}

extension Int: Size2DConvertible {
  public var size2D: Size2D { Size2D(self) }
}

extension Size2D: Size2DConvertible {
  public var size2D: Size2D { self }
}
