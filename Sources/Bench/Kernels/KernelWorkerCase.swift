import Benchmarking
import Kernels

extension WorkerCase {
  /// A problem, run with the kernel that a plan chooses, on one copy of its data, which the caches keep where it fits.
  init(_ problem: any KernelCase, level: InstructionSet, threads: Int) {
    self.init(
      name: problem.name, byteCount: Int(problem.work.bytes),
      setUp: {
        let run = try problem.repeated(level: level, threads: threads)
        // The first run grows the workspace and fills the caches.
        try run(1)
        return { iterations in try WorkerService.measure { try run(iterations) } }
      })
  }
}
