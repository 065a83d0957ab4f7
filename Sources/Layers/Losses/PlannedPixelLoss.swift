import Kernels

/// A loss of classes for each pixel, computed as the loss of a batch of pixels: the scores `[classes, …]` are
/// transposed so that a pixel's scores are contiguous, and the gradient is transposed back.
final class PlannedPixelLoss: PlannedLoss {
  let workspaceByteCount: Int
  private let rows: any PlannedLoss
  private let toRows: Plan<Transposition>
  private let toPixels: Plan<Transposition>
  private let hasValues: Bool
  /// The bytes of a batch of scores, in whole cache lines.
  private let byteCount: Int

  /// - Parameters:
  ///   - rows: the loss planned for ``LossProblem/pixelRows(of:)``.
  ///   - problem: a problem with more than one pixel in each image.
  init(_ rows: any PlannedLoss, _ loss: some Loss, _ problem: LossProblem) throws(LossError) {
    let transposition = Transposition.Problem(
      batch: problem.batchSize, rows: problem.classCount, columns: problem.pixels)
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
  /// The same problem with each pixel as an image with scores of classes.
  /// - Throws: ``LossError`` if the number of pixels in the batch overflows.
  func pixelRows(of loss: some Loss) throws(LossError) -> LossProblem {
    let (rows, overflow) = batchSize.multipliedReportingOverflow(by: pixels)
    let (_, elementOverflow) = rows.multipliedReportingOverflow(by: max(classCount, 1) * 16)
    guard !overflow, !elementOverflow else { throw .kernel(loss: loss.name, .tooLarge(operation: Transposition.name)) }
    var problem = self
    problem.batchSize = rows
    problem.outputShape = [classCount]
    return problem
  }
}
