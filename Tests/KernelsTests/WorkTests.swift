import Testing

@testable import Kernels

/// Makes plans whose threads share whatever there is, so that a test with several threads is one at any size.
func sharing<Result>(_ plan: () throws -> Result) rethrows -> Result {
  try withWorkShared(plan)
}

@Suite struct WorkTests {
  @Test("work is shared by as many threads as have enough of it and pieces to share")
  func parts() {
    let least = Work.least
    #expect(least > 0)
    for threads in [1, 2, 3, 8] {
      for enough in 1...8 {
        #expect(Work(multiplyAdds: enough * least).parts(threads: threads) == min(enough, threads))
        #expect(Work(bytes: (enough + 1) * least - 1).parts(threads: threads) == min(enough, threads))
        #expect(Work(bytes: 8 * least, pieces: enough).parts(threads: threads) == min(enough, threads))
      }
      #expect(Work().parts(threads: threads) == 1)
      #expect(Work(multiplyAdds: 8 * least, pieces: 0).parts(threads: threads) == 1)
    }
  }

  @Test("tests share any work")
  func sharingAnything() throws {
    #expect(sharing { Work().parts(threads: 3) } == 3)
    #expect(sharing { Work(pieces: 2).parts(threads: 3) } == 2)
    // Each thread has a workspace.
    let problem = GEMM.Problem(rows: 20, columns: 40, depth: 3)
    let one = try Plan<GEMM>(problem, threads: 2)
    let two = try sharing { try Plan<GEMM>(problem, threads: 2) }
    #expect(two.workspaceByteCount > one.workspaceByteCount)
  }
}
