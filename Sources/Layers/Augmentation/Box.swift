/// A rectangle of pixels in an image.
struct Box: Equatable {
  var top, left, height, width: Int
}

extension SplitMix64 {
  /// The sides of a rectangle whose area is a random fraction of `area`, uniform in `scale`, and whose aspect ratio is
  /// random, log-uniform in `ratio`; both are whole numbers, as Doubles, since they may be larger than the image.
  ///
  /// - Returns: `long` is the side that the ratio divides by the other, `short`.
  mutating func sides(
    area: Double, scale: ClosedRange<Double>, ratio: ClosedRange<Double>
  ) -> (long: Double, short: Double) {
    let target = area * uniform(scale)
    let aspect = logUniform(ratio)
    return (
      (target * aspect).squareRoot().rounded(.toNearestOrEven), (target / aspect).squareRoot().rounded(.toNearestOrEven)
    )
  }

  /// A box of the given sides at a random position in an image of the given size.
  mutating func box(height: Int, width: Int, within size: Size2D) -> Box {
    let top = next(below: size.height - height + 1)
    return Box(top: top, left: next(below: size.width - width + 1), height: height, width: width)
  }
}
