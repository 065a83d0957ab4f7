@testable import Kernels

/// Lets the kernels that are planned in `body` share even the least work among their threads.
func sharingAllWork<Result>(_ body: () throws -> Result) rethrows -> Result {
  try withWorkShared(body)
}
