import DifferentialTest
import Dispatch
import Foundation
import Synchronization

/// A run of random problems, or of one.
struct FuzzRun {
  private static let isInterrupted = Atomic(false)
  let options: FuzzOptions

  init(_ options: FuzzOptions) { self.options = options }

  /// - Returns: whether all was right.
  func run() throws -> Bool {
    signal(SIGINT) { _ in FuzzRun.isInterrupted.store(true, ordering: .relaxed) }
    let names = options.operations.union(options.problems.map(\.operation))
    let session = DifferentialSession(
      operations: names.isEmpty ? nil : names, levels: options.levels, kinds: options.kinds, seed: options.seed)
    let clock = ContinuousClock()
    let start = clock.now
    for problem in options.problems { report(try session.run(problem)) }
    if options.problems.isEmpty {
      let end = start + .seconds(options.seconds)
      while clock.now < end, !FuzzRun.isInterrupted.load(ordering: .relaxed) { report(try session.runRandom()) }
    }
    if options.printsRows {
      for row in session.rows { print("\(row.operation) \(row.row): \(row.runs) runs") }
    }
    let rows = session.rows.filter { $0.runs > 0 }
    let outOfBounds = session.failures.count { $0.kind == .outOfBounds }
    let seconds = (clock.now - start) / .seconds(1)
    print(
      """
      \(session.runs) runs of \(rows.count) rows of \(Set(rows.map(\.operation)).count) operations on \
      \(session.problems) shapes in \(Int(seconds.rounded())) s: \(session.failures.count - outOfBounds) wrong, \
      \(outOfBounds) out of bounds
      """)
    return session.failures.isEmpty
  }

  private func report(_ failures: [DifferentialFailure]) {
    if failures.isEmpty { return }
    for failure in failures { print(failure) }
    // What was found is seen even if a later problem crashes.
    fflush(nil)
  }
}
