import Testing

@testable import Kernels

@Suite("Plan checks")
struct PlanChecksTests {
  @Test("are compiled into the build that is tested")
  func active() {
    #expect(planChecksAreActive)
  }

  @Test("let what lies within an allocation pass")
  func pass() {
    planCheck(true, "not shown")
    planCheck("all", count: 4, allocated: 4)
    planCheck("the end", offset: 4, count: 0, allocated: 4)
    planCheck("nothing", count: 0, allocated: 0)
  }

  @Test("stop the process where a condition does not hold")
  func condition() async {
    await #expect(processExitsWith: .failure) { planCheck(false, "a message") }
  }

  @Test("stop the process where a count is negative")
  func negativeCount() async {
    await #expect(processExitsWith: .failure) { planCheck("columns", count: -1, allocated: 4) }
  }

  @Test("stop the process where an offset is negative")
  func negativeOffset() async {
    await #expect(processExitsWith: .failure) { planCheck("columns", offset: -1, count: 1, allocated: 4) }
  }

  @Test("stop the process where a range reaches past an allocation, without overflow")
  func beyond() async {
    await #expect(processExitsWith: .failure) { planCheck("columns", offset: 2, count: 3, allocated: 4) }
    await #expect(processExitsWith: .failure) { planCheck("columns", offset: .max, count: 2, allocated: 4) }
  }
}
