import Layers

/// Dropout, or dropout of channels, that records what it drew in the last pass: the reference takes the same.
struct RecordedDropout: Layer, CustomStringConvertible {
  /// The factor of each value.
  final class Record: @unchecked Sendable { var factors: [Double] = [] }

  let layer: any Layer
  let record = Record()

  var kind: String { layer.kind }
  var description: String { "RecordedDropout(\(layer))" }

  init(_ layer: any Layer) { self.layer = layer }

  func outputShape(for inputShape: Shape) throws(LayerError) -> Shape { try layer.outputShape(for: inputShape) }

  func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    guard let planned = try layer.plan(problem) else { return nil }
    return Planned(planned, record, count: problem.batchSize * problem.inputShape.count)
  }

  private final class Planned: PlannedLayer {
    private let planned: any PlannedLayer
    private let record: Record
    private let count: Int

    init(_ planned: any PlannedLayer, _ record: Record, count: Int) {
      self.planned = planned
      self.record = record
      self.count = count
    }

    var savedByteCount: Int { planned.savedByteCount }
    var workspaceByteCount: Int { planned.workspaceByteCount }
    var canShareGradients: Bool { planned.canShareGradients }
    var overwritesOutputGradient: Bool { planned.overwritesOutputGradient }
    var readsOutput: Bool { planned.readsOutput }

    func forward(_ memory: ForwardMemory) {
      // What is drawn follows from the place, so that ones become the factors.
      let ones = [Float](repeating: 1, count: count)
      var factors = ones
      factors.withUnsafeMutableBufferPointer { factors in
        ones.withUnsafeBufferPointer { ones in
          guard let input = ones.baseAddress, let output = factors.baseAddress else { return }
          var drawn = memory
          drawn.input = input
          drawn.output = output
          planned.forward(drawn)
        }
      }
      record.factors = factors.map(Double.init)
      planned.forward(memory)
    }

    func backward(_ memory: BackwardMemory) { planned.backward(memory) }
  }
}
