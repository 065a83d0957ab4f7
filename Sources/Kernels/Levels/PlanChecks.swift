/// Whether this build checks what planning code hands to the level functions: debug builds do, release builds do not.
///
/// `-Ounchecked` turns `precondition`, `assert` and overflow checks into assumptions, in debug builds too. These checks
/// are plain conditions, which it keeps.
var planChecksAreActive: Bool {
  #if KERNELS_CHECKS
    true
  #else
    false
  #endif
}

/// Stops the process with a message where an invariant of the planning code does not hold; nothing in a release build.
///
/// Call it in planning code and in the code that calls level functions, once a call of a level function or a band of
/// work: not in the bodies of level functions, which must not call anything.
@inline(__always)
func planCheck(
  _ condition: @autoclosure () -> Bool, _ message: @autoclosure () -> String = "", file: StaticString = #fileID,
  line: UInt = #line
) {
  #if KERNELS_CHECKS
    if !condition() { planCheckFailed(message(), file, line) }
  #endif
}

/// Checks that `count` elements from `offset` lie in an allocation of `allocated` elements, and that neither is negative.
@inline(__always)
func planCheck(
  _ what: StaticString, offset: Int = 0, count: Int, allocated: Int, file: StaticString = #fileID, line: UInt = #line
) {
  #if KERNELS_CHECKS
    // Compared so that no sum can overflow.
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
