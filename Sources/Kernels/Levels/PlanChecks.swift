/// Whether this build checks the arguments that planning code gives to level functions: debug builds do, release builds
/// do not.
///
/// `-Ounchecked` turns `precondition`, `assert` and overflow checks into assumptions, in debug builds too. These checks
/// are ordinary conditions, which it keeps.
var planChecksAreActive: Bool {
  #if KERNELS_CHECKS
    true
  #else
    false
  #endif
}

/// Stops the process with a message where an invariant of the planning code does not hold. A release build checks
/// nothing.
///
/// Use it in planning code and in the code that calls level functions, about once per call of a level function; not in
/// the bodies of level functions, which must not call anything.
@inline(__always)
func planCheck(
  _ condition: @autoclosure () -> Bool, _ message: @autoclosure () -> String = "", file: StaticString = #fileID,
  line: UInt = #line
) {
  #if KERNELS_CHECKS
    if !condition() { planCheckFailed(message(), file, line) }
  #endif
}

/// Checks that `count` elements from `offset` on lie in an allocation of `allocated` elements, and that neither is
/// negative.
@inline(__always)
func planCheck(
  _ what: StaticString, offset: Int = 0, count: Int, allocated: Int, file: StaticString = #fileID, line: UInt = #line
) {
  #if KERNELS_CHECKS
    // No sum that could overflow.
    if offset < 0 || count < 0 || allocated < 0 || count > allocated || offset > allocated &- count {
      planCheckFailed("\(what): \(count) from \(offset), of \(allocated) allocated", file, line)
    }
  #endif
}

#if KERNELS_CHECKS
  @inline(never)
  private func planCheckFailed(_ message: String, _ file: StaticString, _ line: UInt) -> Never {
    fatalError("plan check failed: \(message)", file: file, line: line)
  }
#endif
