/// How a batch is shared out between vectors full of images and, for the images that fill no vector, the best of the
/// kernels that take images one by one.
///
/// A vector that is not full costs as much as one that is. So the images that remain are handed over where that is
/// expected to be faster: an image's result has the same bits either way.
struct BatchRemainder<Op: KernelOperation> {
  /// Images that the "batch" kernel computes: the first of the batch.
  let images: Int
  /// The kernel of the others, and their problem.
  let rest: (kernel: Kernel<Op>, problem: Op.Problem)?
  /// Cycles of the whole batch.
  let cost: Double
  /// What they are a sum of, where this kernel computes all images.
  let terms: CostTerms?

  /// - Parameters:
  ///   - terms: of the batch, with its last vector full of images.
  ///   - problem: the operation on a number of images.
  init(batch: Int, level: InstructionSet, terms: CostTerms, machine: Machine, problem: (Int) -> Op.Problem) {
    let full = batch / level.lanes
    let remaining = batch % level.lanes
    let vectorCost = terms.cycles / Double(remaining == 0 ? full : full + 1)
    var best = (images: batch, rest: Self.none, cost: remaining == 0 ? 0 : vectorCost)
    if full > 0, remaining > 0 {
      let other = problem(remaining)
      for kernel in Op.kernels where kernel.level == level && kernel.algorithm != "batch" && !kernel.isReference {
        guard let cost = kernel.cost(other, machine), cost < best.cost else { continue }
        best = (batch - remaining, (kernel, other), cost)
      }
    }
    images = best.images
    rest = best.rest
    cost = Double(full) * vectorCost + best.cost
    self.terms = rest == nil ? terms : nil
  }

  private static var none: (kernel: Kernel<Op>, problem: Op.Problem)? { nil }
}
