import Testing

@testable import Layers

/// Whether short steps use all threads or the calling thread alone, by times that are given here.
struct ThreadChoiceTests {
  /// Feeds a choice with steps that take `threads` or `alone` microseconds; returns how many of them ran alone.
  private func run(_ choice: inout ThreadChoice, _ steps: Int, threads: Int, alone: Int) -> Int {
    var count = 0
    for _ in 0..<steps {
      let isAlone = choice.runsAlone
      if isAlone { count += 1 }
      choice.record(.microseconds(isAlone ? alone : threads), isAlone: isAlone)
    }
    return count
  }

  @Test func aStepIsComparedInBothWaysBeforeOneIsChosen() {
    var choice = ThreadChoice(threads: 2)
    // One step that is not timed and five that are, in each way.
    #expect(run(&choice, 6, threads: 90, alone: 70) == 0)
    #expect(run(&choice, 6, threads: 90, alone: 70) == 6)
    #expect(choice.runsAlone)
  }

  @Test(arguments: [(threads: 90, alone: 70, expected: true), (threads: 70, alone: 90, expected: false)])
  func theFasterWayIsKept(threads: Int, alone: Int, expected: Bool) {
    var choice = ThreadChoice(threads: 2)
    let count = run(&choice, 10_000, threads: threads, alone: alone)
    // The other way runs in comparisons alone, which become rare.
    let share = Double(expected ? 10_000 - count : count) / 10_000
    #expect(share < 0.02)
  }

  @Test func anotherResultIsFoundWhenTheMachineChanges() {
    var choice = ThreadChoice(threads: 2)
    _ = run(&choice, 5000, threads: 70, alone: 90)
    let count = run(&choice, 5000, threads: 250, alone: 90)
    #expect(count > 3500)
    #expect(choice.runsAlone)
  }

  @Test func singleStepsThatAreInterruptedDoNotDecide() {
    var choice = ThreadChoice(threads: 2)
    for step in 0..<12 {
      let isAlone = choice.runsAlone
      // Two of the five steps on all threads take a hundred times as long, but less than what is not compared.
      let isInterrupted = step == 2 || step == 4
      choice.record(.microseconds(isAlone ? 20 : isInterrupted ? 1500 : 15), isAlone: isAlone)
    }
    #expect(!choice.runsAlone)
  }

  @Test func longStepsAreNotCompared() {
    var choice = ThreadChoice(threads: 2)
    #expect(run(&choice, 10_000, threads: 2_500, alone: 1) == 0)
  }

  @Test func oneThreadLeavesNoChoice() throws {
    var choice = ThreadChoice(threads: 1)
    #expect(run(&choice, 100, threads: 90, alone: 70) == 0)
  }

  @Test func aStepOfAnotherNumberOfImagesIsNotTimed() {
    var choice = ThreadChoice(threads: 2)
    for _ in 0..<1000 { choice.run(isTypical: false) {} }
    #expect(!choice.runsAlone)
  }

  @Test func timesOfTheOtherWayAreIgnored() {
    var choice = ThreadChoice(threads: 2)
    _ = run(&choice, 12, threads: 90, alone: 70)
    let before = choice
    choice.record(.microseconds(1), isAlone: false)
    #expect(choice.runsAlone == before.runsAlone)
    // 64 steps keep the choice, whatever they take.
    #expect(run(&choice, 64, threads: 1, alone: 500) == 64)
    #expect(!choice.runsAlone)
  }
}
