import Kernels

/// How the outputs of branches become one.
enum BranchCombination: Hashable, Sendable {
  /// They are added; their shapes are equal.
  case sum
  /// They lie one behind another along the first dimension, the channels; the other dimensions are equal.
  case concatenation
  /// They are multiplied; what has one value a channel is multiplied with all values of the channel.
  case product
}

/// Layers that take the same input: what ``Residual`` and ``Branches`` have in common.
struct BranchSet: Sendable {
  /// The name of the layer that consists of these branches, for errors.
  let name: String
  let combination: BranchCombination
  /// What stands before the names of each branch's parameters, and the branch.
  let branches: [(path: String, layer: any Layer)]

  func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    guard let first = branches.first else {
      throw .invalidValue(layer: name, name: "branches", value: "[]", expected: "at least one")
    }
    if combination == .product { return try productShape(for: inputShape) }
    let shape = try first.layer.outputShape(for: inputShape, at: first.path)
    var channels = combination == .concatenation ? shape.dimensions.first ?? 0 : 0
    for branch in branches.dropFirst() {
      let other = try branch.layer.outputShape(for: inputShape, at: branch.path)
      switch combination {
      case .sum:
        guard other == shape else { throw mismatch(branch.path, other, "\(shape), as of \(first.path)") }
      case .concatenation:
        guard other.rank == shape.rank, other.rank >= 1, other.element == shape.element else {
          throw mismatch(branch.path, other, "\(shape), as of \(first.path), but for the first dimension")
        }
        channels += other[0]
      case .product: break
      }
    }
    guard combination == .concatenation, shape.rank >= 1 else { return shape }
    return try addressable(Shape([channels] + shape.dimensions.dropFirst()), "output", layer: name)
  }

  /// The shape of the largest output, which the others have, too, or one value for each of its channels.
  private func productShape(for inputShape: Shape) throws(LayerError) -> Shape {
    var shapes: [Shape] = []
    for branch in branches { shapes.append(try branch.layer.outputShape(for: inputShape, at: branch.path)) }
    guard let shape = shapes.max(by: { ($0.count, $0.rank) < ($1.count, $1.rank) }) else { return inputShape }
    for (branch, other) in zip(branches, shapes) where other != shape {
      let isOneAChannel = shape.rank >= 2 && other.rank >= 1 && other[0] == shape[0] && other.count == shape[0]
      guard isOneAChannel else {
        let expected = shape.rank >= 2 ? "\(shape), or one value a channel" : "\(shape)"
        throw mismatch(branch.path, other, expected)
      }
    }
    return shape
  }

  private func mismatch(_ path: String, _ shape: Shape, _ expected: String) -> LayerError {
    .invalidValue(layer: name, name: "the output shape of \(path)", value: "\(shape)", expected: expected)
  }

  func parameters(for inputShape: Shape) throws(LayerError) -> [ParameterDescription] {
    var result: [ParameterDescription] = []
    for branch in branches {
      do throws(LayerError) {
        result += try branch.layer.parameters(for: inputShape).map { $0.at(branch.path) }
      } catch {
        throw error.at(branch.path)
      }
    }
    return result
  }

  func multiplyAddsPerImage(for inputShape: Shape) throws(LayerError) -> Int {
    var counts: [Int] = []
    for branch in branches { counts.append(try branch.layer.multiplyAddsPerImage(for: inputShape)) }
    return try Sequential.sum(counts, named: name)
  }

  func innerLayers(for inputShape: Shape) -> [InnerLayer] {
    branches.map { InnerLayer($0.layer, path: $0.path, inputShape: inputShape) }
  }

  func plan(_ problem: LayerProblem) throws(LayerError) -> any PlannedLayer {
    if combination == .product { return try PlannedProduct(self, problem) }
    return try PlannedBranches(self, problem)
  }
}

extension Layer {
  /// ``outputShape(for:)``, whose errors name the layer's place.
  fileprivate func outputShape(for inputShape: Shape, at path: String) throws(LayerError) -> Shape {
    do {
      return try outputShape(for: inputShape)
    } catch {
      throw error.at(path)
    }
  }
}
