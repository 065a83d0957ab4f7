/// Parameters and their gradients where they lie in memory: what an optimiser updates. Those of a ``Model``, or any memory
/// of the caller's, so that optimisers serve networks that are built from kernels alone.
///
///     let memory = try ParameterMemory([
///       .init(name: "weight", shape: [10, 400], values: weight, gradients: weightGradient),
///       .init(name: "bias", shape: [10], values: bias, gradients: biasGradient),
///     ])
///     let optimizer = try Adam(learningRate: 0.001).plan(memory)
///     …                                                         // write the gradients
///     optimizer.step()
///
/// The caller's memory must stay where it is as long as an optimiser that is planned for it is used. Nothing is copied.
public struct ParameterMemory {
  /// A parameter of the caller's.
  public struct Parameter {
    public var name: String
    public var shape: Shape
    /// As many values as the shape has.
    public var values: UnsafeMutableBufferPointer<Float>
    /// As many; clipping writes them.
    public var gradients: UnsafeMutableBufferPointer<Float>

    public init(
      name: String, shape: Shape, values: UnsafeMutableBufferPointer<Float>,
      gradients: UnsafeMutableBufferPointer<Float>
    ) {
      self.name = name
      self.shape = shape
      self.values = values
      self.gradients = gradients
    }
  }

  /// Where what an optimiser remembers of each parameter lies in its ``PlannedOptimizer/stateTensors``, in the order of the
  /// parameters.
  public var ranges: [(name: String, range: Range<Int>)] { zip(parameters, places).map { ($0.name, $1) } }

  /// The ``ranges`` of the parameters that are not frozen now, see ``Model/freeze(_:)-(String...)``: what a step may change.
  public var unfrozenRanges: [Range<Int>] { places.indices.filter { !isFrozen($0) }.map { places[$0] } }

  /// What groups of parameters choose from.
  let parameters: [ParameterDescription]
  /// The places of the parameters, which begin on cache lines as in a model's block.
  let places: [Range<Int>]
  /// Pieces of memory that hold one or more parameters, in the order of places.
  let blocks: [Block]
  /// The floats of what is remembered for each parameter, gaps included.
  let count: Int
  /// What keeps the memory alive, and says what is frozen; nil where the memory is the caller's.
  private let model: Model?
  /// The positions of ``parameters`` among the model's.
  private let positions: [Int]

  /// Values that are updated in one run, and what of the layout they are.
  struct Block {
    let range: Range<Int>
    let values: UnsafeMutablePointer<Float>
    let gradients: UnsafeMutablePointer<Float>
  }

  /// - Throws: ``LayerError`` for names that are not unique, and for memory that does not hold as many values as the shape.
  public init(_ parameters: [Parameter]) throws(LayerError) {
    var descriptions: [ParameterDescription] = []
    var blocks: [Block] = []
    var names: Set<String> = []
    var end = 0
    for parameter in parameters {
      guard names.insert(parameter.name).inserted else { throw .duplicateParameter(name: parameter.name) }
      let count = parameter.shape.count
      for (what, given) in [("values", parameter.values.count), ("gradients", parameter.gradients.count)] {
        guard parameter.shape.dimensions.allSatisfy({ $0 >= 0 }), given == count else {
          throw .invalidValue(
            layer: "ParameterMemory", name: "the number of \(what) of '\(parameter.name)'", value: "\(given)",
            expected: "that of shape \(parameter.shape)")
        }
      }
      descriptions.append(
        ParameterDescription(name: parameter.name, shape: parameter.shape, initialization: .constant(0)))
      if let values = parameter.values.baseAddress, let gradients = parameter.gradients.baseAddress {
        blocks.append(Block(range: end..<end + count, values: values, gradients: gradients))
      } else {
        // Nothing to update has no address.
        blocks.append(
          Block(
            range: end..<end, values: ParameterMemory.nothing.pointer, gradients: ParameterMemory.nothing.pointer))
      }
      end += cacheLines(count * MemoryLayout<Float>.stride) / MemoryLayout<Float>.stride
    }
    self.parameters = descriptions
    places = blocks.map(\.range)
    self.blocks = blocks
    count = end
    model = nil
    positions = []
  }

  /// The trained parameters of a model, which lie in one block.
  public init(_ model: Model) {
    positions = model.parameters.indices.filter { model.parameters[$0].role == .trained }
    parameters = positions.map { model.parameters[$0] }
    places = model.trainedRanges.map(\.range)
    count = model.parameterBuffer.count
    blocks = [
      Block(
        range: 0..<count, values: model.values.storage.pointer, gradients: model.gradients.storage.pointer)
    ]
    self.model = model
  }

  /// It changes whenever parameters are frozen or unfrozen.
  var freezeCount: Int { model?.freezeCount ?? 0 }

  /// Whether a step leaves the parameter at a position of ``parameters`` as it is.
  func isFrozen(_ i: Int) -> Bool { model?.frozenParameters[positions[i]] ?? false }

  /// The pieces of memory of a range, without what is frozen in it; in one piece where nothing is.
  func unfrozenPieces(of range: Range<Int>) -> [Block] {
    var start = range.lowerBound
    var result: [Block] = []
    for (i, place) in places.enumerated() where place.overlaps(range) && isFrozen(i) {
      if start < place.lowerBound { result += pieces(of: start..<place.lowerBound) }
      start = place.upperBound
    }
    return start < range.upperBound ? result + pieces(of: start..<range.upperBound) : result
  }

  private static let nothing = FloatStorage(repeating: 0, count: 0)

  /// The pieces of memory that a range of places is made of.
  func pieces(of range: Range<Int>) -> [Block] {
    blocks.compactMap { block in
      let part = range.clamped(to: block.range)
      if part.isEmpty { return nil }
      let first = part.lowerBound - block.range.lowerBound
      return Block(range: part, values: block.values + first, gradients: block.gradients + first)
    }
  }

  /// Memory of the blocks' gradients that belongs to no parameter, or to one that is frozen now.
  var gradientGaps: [UnsafeMutableBufferPointer<Float>] {
    blocks.flatMap { block in
      let inner = unfrozenRanges.filter {
        block.range.lowerBound <= $0.lowerBound && $0.upperBound <= block.range.upperBound
      }
      let starts = [block.range.lowerBound] + inner.map(\.upperBound)
      let ends = inner.map(\.lowerBound) + [block.range.upperBound]
      return zip(starts, ends).compactMap { start, end in
        start >= end
          ? nil
          : UnsafeMutableBufferPointer(
            start: block.gradients + (start - block.range.lowerBound), count: end - start)
      }
    }
  }
}
