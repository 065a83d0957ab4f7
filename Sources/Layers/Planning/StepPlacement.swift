/// The memory of the steps of a sequence: where each reads and writes.
extension PlannedSequential {
  /// One planned layer and the places of its data.
  struct Step {
    let layer: any PlannedLayer
    let firstParameter: Int
    /// Bytes of an image.
    let inputBytes: Int
    let outputBytes: Int
    /// Bytes that the forward pass saves of an image; 0 of a layer that batches do not pass in blocks.
    let savedBytes: Int
    /// The step of the profile.
    let profiled: Int?
    var input = Place.input
    var output = Place.output
    var saved = 0
    var outputGradient = Place.output
    var inputGradient: Place?
  }

  /// A region of the memory that is passed to a run.
  enum Place: Equatable {
    /// The sequence's input, or its gradient.
    case input
    /// The sequence's output, or its gradient.
    case output
    /// A byte offset in the saved memory.
    case saved(Int)
    /// A byte offset in the workspace.
    case workspace(Int)
    /// A byte offset in the memory for a block of images.
    case block(Int)

    var isInBlock: Bool { if case .block = self { true } else { false } }
  }

  /// Assigns block memory to the outputs of blocks that no other pass reads; returns the bytes of one of two regions,
  /// which they alternate between.
  static func placeInBlocks(_ steps: inout [Step], _ blocks: [ImageBlocks], keepsOutputs: Bool) -> Int {
    func isTransient(_ i: Int, _ group: ImageBlocks) -> Bool {
      guard keepsOutputs, let next = steps[i + 1].layer as? any RunsImagesApart else { return true }
      let layers = [steps[i].layer] + (group.passesBackward ? group.layers(ofStep: i) : [])
      return !layers.contains(where: \.readsOutput) && !next.readsInput
    }
    var turn = 0
    for group in blocks {
      for i in group.steps.dropLast() where isTransient(i, group) {
        turn = max(turn, cacheLines(group.images * steps[i].outputBytes))
      }
    }
    for group in blocks {
      for i in group.steps.dropLast() where isTransient(i, group) { steps[i].output = .block(i % 2 * turn) }
    }
    return turn
  }

  /// Assigns each step's input, output and saved memory; returns the bytes of saved memory.
  static func place(
    _ steps: inout [Step], outputBytes: [Int], keepsOutputs: Bool, turn: Int
  ) -> Int {
    var saved = 0
    for i in steps.indices {
      if keepsOutputs, i < steps.count - 1, !steps[i].output.isInBlock {
        steps[i].output = .saved(saved)
        saved += outputBytes[i]
      }
      steps[i].saved = saved
      saved += cacheLines(steps[i].layer.savedByteCount)
    }
    if !keepsOutputs { placeInTurns(&steps, turn: turn) }
    for i in steps.indices.dropFirst() { steps[i].input = steps[i - 1].output }
    return saved
  }

  /// Assigns outputs to two regions of the workspace alternately; a layer that runs in place writes where it reads.
  private static func placeInTurns(_ steps: inout [Step], turn: Int) {
    // The output of what follows: of a whole group of blocks, whose memory must not be that of its input.
    var following = Place.output
    for i in steps.indices.dropLast().reversed() {
      if steps[i].output.isInBlock { continue }
      let next = steps[i + 1]
      if next.layer.runsInPlace, !next.output.isInBlock, next.output == following {
        steps[i].output = following
      } else {
        steps[i].output = following == .workspace(0) ? .workspace(turn) : .workspace(0)
      }
      following = steps[i].output
    }
  }

  /// Assigns the gradients of each step of the backward pass. Where blocks pass backward, those between layers are
  /// kept, from the offset `kept` on, for the gradients of parameters; returns the end of what is kept.
  static func placeGradients(
    _ steps: inout [Step], _ blocks: [ImageBlocks], downTo last: Int, needsInputGradient: Bool,
    keepsOutputGradient: Bool, outputBytes: [Int], turn: Int, kept: Int
  ) -> Int {
    var (place, kept) = (Place.output, kept)
    // The region of the two that the last gradient was put in: what enters a group of blocks is read until its end.
    var region = Place.output
    for i in steps.indices.reversed() where i >= last {
      steps[i].outputGradient = place
      let group = blocks.first { $0.passesBackward && $0.steps.contains(i) }
      if i == last {
        steps[i].inputGradient = needsInputGradient ? .input : nil
        continue
      }
      let isKept = group?.parameterLayer(ofStep: i) != nil || (keepsOutputGradient && i == steps.count - 1)
      if !steps[i].layer.canShareGradients || isKept {
        if let group, i > group.steps.lowerBound {
          place = .workspace(kept)
          kept += outputBytes[i - 1]
        } else {
          region = region == .workspace(0) ? .workspace(turn) : .workspace(0)
          place = region
        }
      }
      steps[i].inputGradient = place
    }
    return kept
  }
}
