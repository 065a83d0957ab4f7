/// How a pixel's byte becomes a number: byte · scale + offset.
public struct PixelScaling: Hashable, Sendable {
  public var scale: Float
  public var offset: Float

  public init(scale: Float, offset: Float) {
    self.scale = scale
    self.offset = offset
  }

  /// 0…255 to −1…1, which is what `Normalize(0.5, 0.5)` makes of PyTorch's 0…1.
  public static let signedUnit = PixelScaling(scale: 2 / 255, offset: -1)
  /// 0…255 to 0…1.
  public static let unit = PixelScaling(scale: 1 / 255, offset: 0)
}
