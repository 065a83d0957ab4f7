/// How a batch is shared out between vectors full of images and, for the images that fill no vector, the best of the
/// kernels that take images one by one.
///
/// A vector that is not full costs as much as one that is. So the images that remain are handed over where that is
/// expected to be faster: an image's result has the same bits either way.
struct BatchRemainder<Op: KernelOperation> {
  /// Images that the "images" kernel computes: the first of the batch.
  let images: Int
  /// The kernel of the others, and their problem.
  let remaining: (kernel: Kernel<Op>, problem: Op.Problem)?
  /// Cycles of the whole batch.
  let cost: Double

  /// - Parameters:
  ///   - vectorCost: cycles of as many images as a vector has lanes.
  ///   - problem: the operation on a number of images.
  init(batch: Int, level: InstructionSet, vectorCost: Double, machine: Machine, problem: (Int) -> Op.Problem) {
    let lanes = level.lanes
    let full = batch / lanes * lanes
    var images = batch
    var remaining: (kernel: Kernel<Op>, problem: Op.Problem)?
    var remainingCost = batch == full ? 0 : vectorCost
    if full > 0, full < batch {
      let other = problem(batch - full)
      for kernel in Op.kernels where kernel.level == level && kernel.algorithm != "images" && !kernel.isReference {
        guard let cost = kernel.cost(other, machine), cost < remainingCost else { continue }
        remainingCost = cost
        images = full
        remaining = (kernel, other)
      }
    }
    self.images = images
    self.remaining = remaining
    cost = Double(full / lanes) * vectorCost + remainingCost
  }
}
