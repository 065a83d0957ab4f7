import Kernels

/// A planned layer whose forward pass treats each image apart from the others, so that a batch can pass through it in
/// blocks of images.
protocol RunsImagesApart: PlannedLayer {
  /// The bytes that the forward pass saves of each image, one image after another.
  var savedBytesPerImage: Int { get }
  /// Whether the backward pass reads the forward pass's input.
  var readsInput: Bool { get }
}

extension RunsImagesApart {
  var savedBytesPerImage: Int { 0 }
}

/// Neighbouring layers of a ``PlannedSequential`` that a large batch passes through depth first in the forward pass: a
/// block of images goes through all of them before the next one, so that what one layer writes is still in the caches
/// when the next reads it. An image's bits do not depend on the batch, and so not on the blocks.
struct ImageBlocks {
  /// The steps of the sequence.
  let steps: Range<Int>
  /// The images of a block, as many that every block's data begins at a cache line.
  let images: Int
  /// The layers planned for a block, and for the rest of the batch behind the last whole one; empty where there is none.
  let layers: [any PlannedLayer]
  let lastLayers: [any PlannedLayer]

  /// A step of the sequence, and what a plan of it for another number of images is made from.
  struct Candidate {
    let layer: any PlannedLayer
    let description: any Layer
    let problem: LayerProblem
    /// Bytes that it reads of an image, and bytes that it writes.
    let inputBytes: Int
    let outputBytes: Int
    /// Outputs of a channel, or of an image where it has no planes.
    let outputPlane: Int
  }

  /// The layers that run a step of the sequence; none for a step of another group.
  func layers(ofStep i: Int) -> [any PlannedLayer] {
    guard steps.contains(i) else { return [] }
    return [layers[i - steps.lowerBound]] + (lastLayers.isEmpty ? [] : [lastLayers[i - steps.lowerBound]])
  }

  /// The largest groups of neighbouring steps for which blocks pay.
  static func groups(_ steps: [Candidate]) throws(LayerError) -> [ImageBlocks] {
    var groups: [ImageBlocks] = []
    var first = 0
    while first < steps.count {
      var end = first
      while end < steps.count, steps[end].layer is any RunsImagesApart { end += 1 }
      if end - first >= 2, let images = blockImages(steps[first..<end]) {
        let batch = steps[first].problem.batchSize
        groups.append(
          ImageBlocks(
            steps: first..<end, images: images, layers: try plan(steps[first..<end], images: images),
            lastLayers: batch % images == 0 ? [] : try plan(steps[first..<end], images: batch % images)))
      }
      first = max(end, first + 1)
    }
    return groups
  }

  /// The images of a block; nil where the whole batch stays in the caches, or has few blocks.
  ///
  /// What a layer reads and writes of a block is to fit the threads' share of the last cache, but a block has at least
  /// `leastImages`.
  private static func blockImages(_ steps: ArraySlice<Candidate>) -> Int? {
    guard let problem = steps.first?.problem else { return nil }
    let perImage = steps.map { $0.inputBytes + $0.outputBytes }.max() ?? 0
    let share = Machine.current.thirdLevelBytes * problem.threads
    guard perImage > 0, problem.batchSize > 4 * share / perImage else { return nil }
    let least = leastImages(steps, problem)
    let images = max(share / perImage / least, 1) * least
    return problem.batchSize >= 2 * images ? images : nil
  }

  /// The images of the smallest block: 16 for each thread, because weights are packed for every block. In inference, where
  /// a predictor packs them once, fewer images with large planes are enough work.
  private static func leastImages(_ steps: ArraySlice<Candidate>, _ problem: LayerProblem) -> Int {
    let most = 16 * problem.threads
    let isAligned = steps.allSatisfy { $0.inputBytes % 64 == 0 && $0.outputBytes % 64 == 0 }
    guard problem.mode == .inference, isAligned else { return most }
    let plane = max(steps.map(\.outputPlane).min() ?? 1, 1)
    return min((outputsWorthBlocks * problem.threads + plane - 1) / plane, most)
  }

  /// Outputs of a channel that are enough work for a thread.
  private static let outputsWorthBlocks = 2048

  private static func plan(_ steps: ArraySlice<Candidate>, images: Int) throws(LayerError) -> [any PlannedLayer] {
    var layers: [any PlannedLayer] = []
    for step in steps {
      var problem = step.problem
      problem.batchSize = images
      problem.profile = nil
      // The backward pass is that of the whole batch; what saves nothing for it runs as in inference.
      if (step.layer as? any RunsImagesApart)?.savedBytesPerImage == 0 { problem.mode = .inference }
      // A layer that runs for the batch runs for a part of it.
      if let layer = try step.description.plan(problem) { layers.append(layer) }
    }
    return layers
  }
}
