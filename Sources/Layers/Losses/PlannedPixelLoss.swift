import Kernels

/// A loss of classes for each pixel: the loss of rows, a pixel being a row, whose scores `[classes, …]` are transposed so
/// that those of a pixel are neighbours, and whose gradient is transposed back.
final class PlannedPixelLoss: PlannedLoss {
  let workspaceByteCount: Int
  private let rows: any PlannedLoss
  private let toRows: Plan<Transposition>
  private let toPixels: Plan<Transposition>
  private let hasValues: Bool
  /// Bytes of a batch of scores.
  private let byteCount: Int

  /// - Parameters:
  ///   - rows: planned for ``LossProblem/pixelRows``.
  ///   - problem: with more than one pixel an image.
  init(_ rows: any PlannedLoss, _ loss: some Loss, _ problem: LossProblem) throws(LayerError) {
    let transposition = Transposition.Problem(
      batch: problem.batchSize, rows: problem.classes, columns: problem.pixels)
    self.rows = rows
    toRows = try loss.kernel(Transposition.self, transposition, for: problem)
    toPixels = try loss.kernel(Transposition.self, transposition.inverse, for: problem)
    hasValues = problem.targets == .values
    byteCount = cacheLines(problem.batchSize * problem.outputShape.count * MemoryLayout<Float>.stride)
    workspaceByteCount =
      (hasValues ? 3 : 2) * byteCount
      + max(rows.workspaceByteCount, max(toRows.workspaceByteCount, toPixels.workspaceByteCount))
  }

  var lossCount: Int { rows.lossCount }

  func run(_ memory: LossMemory) -> LossTotal {
    let scores = memory.workspace.assumingMemoryBound(to: Float.self)
    let gradients = (memory.workspace + byteCount).assumingMemoryBound(to: Float.self)
    let workspace = memory.workspace + (hasValues ? 3 : 2) * byteCount
    toRows.run(Transposition.Operands(input: memory.output, output: scores), workspace: workspace)
    var rowMemory = memory
    rowMemory.output = UnsafePointer(scores)
    rowMemory.outputGradient = memory.outputGradient == nil ? nil : gradients
    rowMemory.workspace = workspace
    if case .values(let values) = memory.targets {
      let targets = (memory.workspace + 2 * byteCount).assumingMemoryBound(to: Float.self)
      toRows.run(Transposition.Operands(input: values, output: targets), workspace: workspace)
      rowMemory.targets = .values(UnsafePointer(targets))
    }
    let total = rows.run(rowMemory)
    if let outputGradient = memory.outputGradient {
      toPixels.run(Transposition.Operands(input: gradients, output: outputGradient), workspace: workspace)
    }
    return total
  }
}

extension LossProblem {
  /// The same problem with a row of classes for each pixel.
  /// - Throws: ``LayerError`` where there are more pixels than can be counted.
  func pixelRows(of loss: some Loss) throws(LayerError) -> LossProblem {
    let (rows, overflow) = batchSize.multipliedReportingOverflow(by: pixels)
    let (_, elementOverflow) = rows.multipliedReportingOverflow(by: max(classes, 1) * 16)
    guard !overflow, !elementOverflow else { throw .kernel(layer: loss.name, .tooLarge(operation: Transposition.name)) }
    var problem = self
    problem.batchSize = rows
    problem.outputShape = [classes]
    return problem
  }
}
