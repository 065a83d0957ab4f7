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
  /// The share of peak to expect over the whole batch.
  let fitness: Double

  /// - Parameters:
  ///   - share: the share of peak to expect on full vectors.
  ///   - problem: the operation on a number of images.
  init(batch: Int, level: InstructionSet, share: Double, problem: (Int) -> Op.Problem) {
    let lanes = level.lanes
    let full = batch / lanes * lanes
    var images = batch
    var rest: (kernel: Kernel<Op>, problem: Op.Problem)?
    // Times, in units of one image's at peak.
    var restTime = batch == full ? 0 : Double(lanes) / share
    if full > 0, full < batch {
      let other = problem(batch - full)
      let kernels = Op.kernels.filter { $0.level == level && $0.algorithm != "batch" && !$0.isReference }
      for kernel in kernels {
        guard let fitness = kernel.fitness(other), Double(batch - full) / fitness < restTime else { continue }
        restTime = Double(batch - full) / fitness
        images = full
        rest = (kernel, other)
      }
    }
    self.images = images
    self.rest = rest
    fitness = Double(batch) / (Double(full) / share + restTime)
  }
}
