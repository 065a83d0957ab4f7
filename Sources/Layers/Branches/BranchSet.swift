import Kernels

/// How the outputs of branches are combined.
enum BranchCombination: Hashable, Sendable {
  /// They are added; their shapes are equal.
  case sum
  /// They are concatenated along the first dimension, the channels; the other dimensions are equal.
  case concatenation
  /// They are multiplied elementwise; an output with one value for each channel is broadcast over the channel's plane.
  case product
}

/// Layers that take the same input: the shared part of ``Residual`` and ``Branches``.
struct BranchSet: Sendable {
  /// The kind of the layer that consists of these branches, for error messages.
  let kind: String
  let combination: BranchCombination
  /// Each branch, and the prefix of its parameters' names.
  let branches: [(path: String, layer: any Layer)]

  func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    guard let first = branches.first else {
      throw .invalidValue(layer: kind, name: "branches", value: "[]", expected: "at least one")
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
    return try addressable(Shape([channels] + shape.dimensions.dropFirst()), "output", layer: kind)
  }

  /// The product's shape: that of the largest output. Each other output has this shape, or one value for each of its
  /// channels.
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
    .invalidValue(layer: kind, name: "the output shape of \(path)", value: "\(shape)", expected: expected)
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
    return try Sequential.sum(counts, layer: kind)
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
  /// ``outputShape(for:)``; errors name the layer by its path.
  fileprivate func outputShape(for inputShape: Shape, at path: String) throws(LayerError) -> Shape {
    do {
      return try outputShape(for: inputShape)
    } catch {
      throw error.at(path)
    }
  }
}
