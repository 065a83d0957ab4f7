/// The algorithms of pooling, as far as their costs and the windows that they accept go.
enum PoolAlgorithm {
  case twoByTwo
  case threeByThree
  case disjoint
  case general
  case separable

  func accepts(_ shape: Pool2DShape) -> Bool {
    switch self {
    case .twoByTwo: shape.is2x2
    case .threeByThree: shape.is3x3
    case .disjoint: shape.isDisjoint
    case .general, .separable: true
    }
  }

  /// What is counted, in vectors: planes, rows of input as they are loaded, rows of output, and the steps between, one for
  /// each vector and element of a window; the separable algorithm takes those of the rows of windows first, and then those
  /// of columns. Sums of a mean follow another order in each algorithm, so that nothing here depends on the machine. nil
  /// where the windows are others, or where scratch memory is over its limit.
  func terms(
    _ model: CostModel, _ shape: Pool2DShape, _ level: InstructionSet, isGradient: Bool = false,
    scratchBytes: @autoclosure () -> Int
  ) -> CostTerms? {
    guard accepts(shape), scratchBytes() <= Workspace.mostKernelBytes else { return nil }
    // What a gradient spreads over columns that are not neighbours, it moves one by one: wider vectors are no faster.
    let isSpread = self == .separable || (self == .general && shape.strideWidth > 1)
    let lanes = isGradient && isSpread ? 8 : level.lanes
    func vectors(_ width: Int) -> Double { Double((width + lanes - 1) / lanes) }
    let planes = Double(max(shape.planes, 1))
    let inputs = planes * Double(shape.inputHeight) * vectors(shape.inputWidth)
    let outputs = planes * Double(shape.outputHeight) * vectors(shape.outputWidth)
    let steps: Double
    switch self {
    case .twoByTwo, .threeByThree, .general:
      steps = outputs * Double(shape.kernelHeight) * Double(shape.kernelWidth)
    case .disjoint:
      // Elements of a window's row are taken one by one.
      steps =
        planes * Double(shape.outputHeight) * Double(shape.outputWidth) * Double(shape.kernelWidth)
        / Double(level.lanes)
    case .separable:
      steps =
        planes * vectors(shape.outputWidth)
        * (Double(shape.inputHeight * shape.kernelWidth) + Double(shape.outputHeight * shape.kernelHeight))
    }
    return CostTerms(model, [planes, inputs, outputs, steps, 0, 0, 0, 0])
  }
}
