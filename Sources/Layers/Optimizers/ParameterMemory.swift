/// The memory of parameters and gradients that an optimiser updates: a ``Model``'s, or memory of the caller, so that
/// optimisers can be used with networks built directly from kernels.
///
///     let memory = try ParameterMemory([
///       .init(name: "weight", shape: [10, 400], values: weight, gradients: weightGradient),
///       .init(name: "bias", shape: [10], values: bias, gradients: biasGradient),
///     ])
///     let optimizer = try Adam(learningRate: 0.001).plan(memory)
///     …                                                         // write the gradients
///     optimizer.step()
///
/// Nothing is copied: the caller's memory must remain valid as long as an optimiser planned for it is used.
public struct ParameterMemory {
  /// A parameter in the caller's memory.
  public struct Parameter {
    /// The parameter's name, unique among the parameters.
    public var name: String
    /// The parameter's shape.
    public var shape: Shape
    /// The values, as many as the shape's elements.
    public var values: UnsafeMutableBufferPointer<Float>
    /// The gradients, as many as values; clipping overwrites them.
    public var gradients: UnsafeMutableBufferPointer<Float>

    /// A parameter in memory that the caller keeps valid.
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

  /// The range of each parameter's state in ``PlannedOptimizer/stateTensors``, in the order of the parameters.
  public var ranges: [(name: String, range: Range<Int>)] { zip(parameters, places).map { ($0.name, $1) } }

  /// The ``ranges`` of the parameters that are not frozen, see ``Model/freeze(_:)-(String...)``: those that a step may
  /// change.
  public var unfrozenRanges: [Range<Int>] { places.indices.filter { !isFrozen($0) }.map { places[$0] } }

  /// The parameters that groups select from.
  let parameters: [ParameterDescription]
  /// The range of each parameter in the layout of states, aligned to cache lines (64 bytes) as in a model's block.
  let places: [Range<Int>]
  /// Contiguous memory of one or more parameters, in the order of ``places``.
  let blocks: [Block]
  /// The number of floats of a state array, gaps included.
  let count: Int
  /// Keeps the memory alive, and tells which parameters are frozen; nil for the caller's memory.
  private let model: Model?
  /// The indices of ``parameters`` among the model's.
  private let positions: [Int]

  /// Memory that is updated in one run, and its range in the layout.
  struct Block {
    let range: Range<Int>
    let values: UnsafeMutablePointer<Float>
    let gradients: UnsafeMutablePointer<Float>
  }

  /// - Throws: ``OptimizerError`` for duplicate names, and for memory whose size does not match the shape.
  public init(_ parameters: [Parameter]) throws(OptimizerError) {
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
            optimizer: "ParameterMemory", name: "the number of \(what) of '\(parameter.name)'", value: "\(given)",
            expected: "that of shape \(parameter.shape)")
        }
      }
      descriptions.append(
        ParameterDescription(name: parameter.name, shape: parameter.shape, initialization: .constant(0)))
      if let values = parameter.values.baseAddress, let gradients = parameter.gradients.baseAddress {
        blocks.append(Block(range: end..<end + count, values: values, gradients: gradients))
      } else {
        // An empty parameter has no address.
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

  /// The trainable parameters of a model, which are one block.
  public init(_ model: Model) {
    positions = model.parameters.indices.filter { model.parameters[$0].role == .trainable }
    parameters = positions.map { model.parameters[$0] }
    places = model.trainableRanges.map(\.range)
    count = model.parameterBuffer.count
    blocks = [
      Block(
        range: 0..<count, values: model.values.storage.pointer, gradients: model.gradients.storage.pointer)
    ]
    self.model = model
  }

  /// The memory of some of the parameters, in the layout of all: ``places`` are those of this memory.
  /// - Parameter indices: of ``parameters``, in ascending order.
  func restricted(to indices: [Int]) -> ParameterMemory {
    var blocks: [Block] = []
    var rest = indices[...]
    while let first = rest.popFirst() {
      // Neighbouring parameters stay in one block, with the gap between them.
      var last = first
      while rest.first == last + 1 { last = rest.removeFirst() }
      blocks += pieces(of: places[first].lowerBound..<places[last].upperBound)
    }
    return ParameterMemory(restricting: self, to: indices, blocks)
  }

  private init(restricting memory: ParameterMemory, to indices: [Int], _ blocks: [Block]) {
    parameters = indices.map { memory.parameters[$0] }
    places = indices.map { memory.places[$0] }
    self.blocks = blocks
    count = memory.count
    model = memory.model
    positions = memory.positions.isEmpty ? [] : indices.map { memory.positions[$0] }
  }

  /// Changes whenever parameters are frozen or unfrozen.
  var freezeCount: Int { model?.freezeCount ?? 0 }

  /// Whether the parameter at an index of ``parameters`` is frozen.
  func isFrozen(_ i: Int) -> Bool { model?.frozenParameters[positions[i]] ?? false }

  /// The blocks of memory of a range without frozen parameters; a single block if none is frozen.
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

  /// The blocks of memory of a range.
  func pieces(of range: Range<Int>) -> [Block] {
    blocks.compactMap { block in
      let part = range.clamped(to: block.range)
      if part.isEmpty { return nil }
      let first = part.lowerBound - block.range.lowerBound
      return Block(range: part, values: block.values + first, gradients: block.gradients + first)
    }
  }

  /// The parts of the blocks' gradients that belong to no parameter, or to a frozen one.
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
