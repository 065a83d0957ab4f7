/// A number for each axis of an image: a kernel's size, a stride, a padding, a dilation.
public struct Size2D: Hashable, Sendable, CustomStringConvertible {
  public var height: Int
  public var width: Int

  public init(_ height: Int, _ width: Int) {
    self.height = height
    self.width = width
  }

  /// The same number for both axes.
  public init(_ both: Int) { self.init(both, both) }

  public var description: String { height == width ? "\(height)" : "\(height)×\(width)" }
}

/// An `Int`, which stands for both axes, or a ``Size2D``: `kernelSize: 5`, `kernelSize: Size2D(3, 5)`.
public protocol Size2DConvertible: Sendable {
  var size2D: Size2D { get }
}

extension Int: Size2DConvertible {
  public var size2D: Size2D { Size2D(self) }
}

extension Size2D: Size2DConvertible {
  public var size2D: Size2D { self }
}
