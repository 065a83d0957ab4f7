/// The window of a two-dimensional convolution or pooling: the checks that both have in common.
struct Window {
  let layer: String
  let kernelSize: Size2D
  let stride: Size2D
  let padding: Size2D
  let dilation: Size2D
  /// Whether the last window may extend beyond the lower and right edge, by less than a stride.
  var ceilMode = false

  /// The largest kernel size, stride, padding or dilation, in pixels: below it, no product of two options overflows.
  private static let largestOption = 1 << 20

  /// Checks the options.
  func checkOptions() throws(LayerError) {
    try check("kernelSize", kernelSize, atLeast: 1)
    try check("stride", stride, atLeast: 1)
    try check("padding", padding, atLeast: 0)
    try check("dilation", dilation, atLeast: 1)
  }

  /// Checks the options, that the input is an image, and that at least one window fits into the padded input.
  func check(_ shape: Shape, largestPadding: Size2D? = nil) throws(LayerError) {
    try checkOptions()
    if let largestPadding, padding.height > largestPadding.height || padding.width > largestPadding.width {
      throw .invalidValue(
        layer: layer, name: "padding", value: "\(padding)", expected: "at most half of the kernel, \(largestPadding)")
    }
    try requireImage(shape, layer: layer)
    let overhang = ceilMode ? Size2D(stride.height - 1, stride.width - 1) : Size2D(0)
    let leastHeight = dilation.height * (kernelSize.height - 1) + 1 - 2 * padding.height - overhang.height
    let leastWidth = dilation.width * (kernelSize.width - 1) + 1 - 2 * padding.width - overhang.width
    guard shape[1] >= leastHeight, shape[2] >= leastWidth else {
      throw .inputShape(
        layer: layer, given: shape,
        expected: "a height of at least \(max(leastHeight, 1)) and a width of at least \(max(leastWidth, 1))")
    }
  }

  private func check(_ name: String, _ value: Size2D, atLeast least: Int) throws(LayerError) {
    let range = least...Window.largestOption
    guard range.contains(value.height), range.contains(value.width) else {
      throw .invalidValue(
        layer: layer, name: name, value: "\(value)", expected: "\(range.lowerBound) to \(range.upperBound)")
    }
  }
}

/// Checks that a shape is [channels, height, width], each at least 1.
func requireImage(_ shape: Shape, layer: String) throws(LayerError) {
  guard shape.rank == 3, shape.dimensions.allSatisfy({ 1...Int(Int32.max) ~= $0 }) else {
    throw .inputShape(layer: layer, given: shape, expected: "[channels, height, width], each at least 1")
  }
  _ = try addressable(shape, "input", layer: layer)
}

/// Returns the shape if its element count fits 32 bits, so that every product of two counts fits 64 bits.
func addressable(_ shape: Shape, _ role: String, layer: String) throws(LayerError) -> Shape {
  guard shape.count <= Int(Int32.max) else {
    throw .invalidValue(
      layer: layer, name: "the \(role)'s shape", value: "\(shape)", expected: "at most \(Int32.max) elements")
  }
  return shape
}
