import Kernels
import Testing

@testable import Bench

@Suite struct CaseMemoryTests {
  @Test func keepsSumsExact() {
    func largest(terms: Int) -> Float {
      let memory = CaseMemory(terms: terms)
      let values = memory.numbers(1000)
      return (0..<1000).map { abs(values[$0]) }.max() ?? 0
    }
    #expect(largest(terms: 1) == 4)
    #expect(largest(terms: 1 << 20) == 4)
    #expect(largest(terms: (1 << 20) + 1) == 3)
    #expect(largest(terms: 1 << 24) == 1)
  }

  @Test func putsBackWhatARunChanges() {
    let memory = CaseMemory(terms: 1)
    let output = memory.output(3)
    let state = memory.state(3, in: -4...4)
    let initial = (0..<3).map { state[$0] }
    for i in 0..<3 { (output[i], state[i]) = (7, 7) }
    #expect(memory.results == [[7, 7, 7], [7, 7, 7]])
    memory.reset()
    #expect(memory.results[1] == initial)
    #expect(memory.results[0].allSatisfy { $0.isNaN })
  }

  private func data(count: Int, cacheBytes: Int?) -> RotatedData<UnsafePointer<Float>> {
    RotatedData(terms: 1, cacheBytes: cacheBytes) { $0.numbers(count) }
  }

  @Test func takesTurnsAmongEqualCopies() {
    let data = data(count: 1000, cacheBytes: 10_000)
    #expect(data.operands.count == 5, "twice 10,000 bytes, in pieces of 4,000")
    #expect(!data.isWarm)
    #expect(Set(data.operands).count == 5)
    for copy in data.operands {
      #expect((0..<1000).allSatisfy { copy[$0] == data.operands[0][$0] })
    }
  }

  @Test func saysWhereDataStaysInTheCaches() {
    let one = data(count: 1000, cacheBytes: nil)
    #expect(one.operands.count == 1)
    #expect(one.isWarm)
    // Larger than the cache by itself.
    let large = data(count: 10_000, cacheBytes: 10_000)
    #expect(large.operands.count == 1)
    #expect(!large.isWarm)
    // Too large a cache to be filled.
    let huge = data(count: 10, cacheBytes: 1 << 40)
    #expect(huge.operands.count == 1)
    #expect(huge.isWarm)
  }
}

@Suite struct TimingTests {
  @Test func numbersTheRuns() {
    var numbers: [Int] = []
    let samples = Timing(seconds: 0, leastSamples: 4).sample { number in
      numbers.append(number)
      let end = ContinuousClock.now + .microseconds(100)
      while .now < end {}
    }
    #expect(samples.count == 4)
    #expect(numbers == [0, 1, 2, 3])
    #expect(samples.allSatisfy { $0 >= 1e-4 })
  }

  @Test func repeatsWhatIsTooShortForTheClock() {
    var runs = 0
    let samples = Timing(seconds: 0, leastSamples: 3).sample { _ in runs += 1 }
    #expect(samples.count == 3)
    #expect(runs > 100)
  }
}

@Suite struct InsideMultiplyAddsTests {
  @Test func leavesPaddingOut() throws {
    func count(_ text: String) throws -> Int { Conv2DShape(try KernelShape(text, at: "")).insideMultiplyAdds }
    #expect(try count("mb2ic3ih8oc5kh3") == 2 * 5 * 6 * 6 * 3 * 3 * 3)
    // Along each axis the four outputs meet 2 + 3 + 3 + 2 elements.
    #expect(try count("mb1ic1ih4oc1kh3ph1") == 10 * 10)
    #expect(try count("mb1ic4ih4oc6kh3ph1g2") == 6 * 2 * 10 * 10)
    #expect(try count("mb1ic1ih5oc1kh3sh2ph1dh2") == 4 * 4)
  }
}
