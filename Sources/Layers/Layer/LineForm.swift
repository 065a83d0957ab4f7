/// A one-dimensional layer on `[channels, length]`, computed by a two-dimensional layer on images of one row,
/// `[channels, 1, length]`, which have the same memory layout.
struct LineForm {
  /// The kind of the one-dimensional layer, for error messages.
  let kind: String
  /// The two-dimensional layer.
  let layer: any Layer
  /// The options of a layer with windows; nil for one without.
  var window: LineWindow?
  /// The outputs of each channel where an option sets them; nil where the window does.
  var outputSize: Int?

  private func image(_ shape: Shape) throws(LayerError) -> Shape {
    guard shape.rank == 2, shape.dimensions.allSatisfy({ 1...Int(Int32.max) ~= $0 }) else {
      throw .inputShape(layer: kind, given: shape, expected: "[channels, length], each at least 1")
    }
    try window?.check(shape, layer: kind)
    if let outputSize, !(1...Int(Int32.max) ~= outputSize) {
      throw .invalidValue(layer: kind, name: "outputSize", value: "\(outputSize)", expected: "1 to \(Int32.max)")
    }
    return [shape[0], 1, shape[1]]
  }

  /// Calls `body` with the image's shape, and rethrows its errors as this layer's, with the one-dimensional shape.
  private func with<Result>(
    _ shape: Shape, _ body: (_ image: Shape) throws(LayerError) -> Result
  ) throws(LayerError) -> Result {
    let image = try image(shape)
    do {
      return try body(image)
    } catch {
      switch error {
      case .inputShape(_, _, let expected): throw .inputShape(layer: kind, given: shape, expected: expected)
      case .invalidValue(_, let value, let given, let expected):
        throw .invalidValue(layer: kind, name: value, value: given, expected: expected)
      case .kernel(_, let error): throw .kernel(layer: kind, error)
      case .duplicateParameter, .unknownParameter, .frozenByDescription: throw error
      }
    }
  }

  func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    try with(inputShape) { image throws(LayerError) in
      let shape = try layer.outputShape(for: image)
      return [shape[0], shape[2]]
    }
  }

  func parameters(for inputShape: Shape) throws(LayerError) -> [ParameterDescription] {
    try with(inputShape) { image throws(LayerError) in
      try layer.parameters(for: image).map { parameter in
        // PyTorch's one-dimensional weights lack the kernel height, which is 1 here.
        let shape = parameter.shape
        let line: Shape = shape.rank == 4 ? [shape[0], shape[1], shape[3]] : shape
        return ParameterDescription(
          name: parameter.name, shape: line, initialization: parameter.initialization, role: parameter.role,
          storedType: parameter.storedType)
      }
    }
  }

  func multiplyAddsPerImage(for inputShape: Shape) throws(LayerError) -> Int {
    try with(inputShape) { image throws(LayerError) in try layer.multiplyAddsPerImage(for: image) }
  }

  func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    try with(problem.inputShape) { image throws(LayerError) in
      var imageProblem = problem
      imageProblem.inputShape = image
      return try layer.plan(imageProblem)
    }
  }
}

/// The window of a one-dimensional convolution or pooling.
struct LineWindow {
  let kernelSize: Int
  let stride: Int
  let padding: Int
  let dilation: Int
  /// Whether the last window may extend beyond the end, by less than a stride.
  var ceilMode = false
  /// The largest padding allowed; nil for no limit.
  var largestPadding: Int?
  /// Whether the line is padded so that the output is as long as the input.
  var keepsSize = false

  /// Checks the options, and that the window fits into the padded line.
  func check(_ shape: Shape, layer: String) throws(LayerError) {
    let largest = 1 << 20
    let options = [
      ("kernelSize", kernelSize, 1), ("stride", stride, 1), ("padding", padding, 0), ("dilation", dilation, 1),
    ]
    for (name, value, least) in options where !(least...largest ~= value) {
      throw .invalidValue(layer: layer, name: name, value: "\(value)", expected: "\(least) to \(largest)")
    }
    if let largestPadding, padding > largestPadding {
      throw .invalidValue(
        layer: layer, name: "padding", value: "\(padding)", expected: "at most half of the kernel, \(largestPadding)")
    }
    if keepsSize { return }
    let least = dilation * (kernelSize - 1) + 1 - 2 * padding - (ceilMode ? stride - 1 : 0)
    guard shape[1] >= least else {
      throw .inputShape(layer: layer, given: shape, expected: "a length of at least \(least)")
    }
  }
}
