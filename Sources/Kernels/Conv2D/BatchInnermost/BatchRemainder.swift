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
  /// What they are a sum of, where this kernel computes all images.
  let terms: CostTerms?

  /// - Parameters:
  ///   - terms: of the batch, with its last vector full of images.
  ///   - problem: the operation on a number of images.
  init(batch: Int, level: InstructionSet, terms: CostTerms, machine: Machine, problem: (Int) -> Op.Problem) {
    let full = batch / level.lanes
    let remainingImages = batch % level.lanes
    let vectorCost = terms.cycles / Double(remainingImages == 0 ? full : full + 1)
    var best = (images: batch, remaining: Self.none, cost: remainingImages == 0 ? 0 : vectorCost)
    if full > 0, remainingImages > 0 {
      let other = problem(remainingImages)
      for kernel in Op.kernels where kernel.level == level && kernel.algorithm != "images" && !kernel.isReference {
        guard let cost = kernel.cost(other, machine), cost < best.cost else { continue }
        best = (batch - remainingImages, (kernel, other), cost)
      }
    }
    images = best.images
    remaining = best.remaining
    cost = Double(full) * vectorCost + best.cost
    self.terms = remaining == nil ? terms : nil
  }

  private static var none: (kernel: Kernel<Op>, problem: Op.Problem)? { nil }
}
