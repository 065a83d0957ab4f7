import Kernels
import TestSupport
import Testing

@Suite struct AdditionTests {
  @Test(arguments: [nil, .relu, .relu6] as [FusedActivation?])
  func addsAtEveryCount(activation: FusedActivation?) throws {
    for row in runnableRows(AddForward.self) {
      for count in elementCounts {
        let (first, second) = (mixedValues(count), mixedValues(count, seed: 2))
        let a = GuardedBuffer(first)
        let b = GuardedBuffer(second)
        let output = GuardedBuffer<Float>.poisoned(count: count)
        let plan = try plan(row, .init(count: count, activation: activation))
        run(plan, .init(a: a.pointer, b: b.pointer, output: output.pointer), keeping: a, b)
        func stored(_ sum: Float) -> Float {
          guard let activation else { return sum }
          return sum <= 0 ? 0 : activation == .relu6 && sum > 6 ? 6 : sum
        }
        let expected = zip(first, second).map { stored($0 + $1) }
        let difference = firstApart(output.values, expected, ulps: 0)
        #expect(difference == nil, "\(row.name) count \(count) \(String(describing: activation)): \(difference ?? "")")

        // The output in the memory of either, and an array added to itself.
        run(plan, .init(a: a.pointer, b: b.pointer, output: a.pointer), keeping: b)
        #expect(sameBits(a.values, expected), "\(row.name) into a, count \(count)")
        let left = GuardedBuffer(first)
        run(plan, .init(a: left.pointer, b: b.pointer, output: b.pointer), keeping: left)
        #expect(sameBits(b.values, expected), "\(row.name) into b, count \(count)")
        run(plan, .init(a: left.pointer, b: left.pointer, output: left.pointer))
        #expect(sameBits(left.values, first.map { stored($0 + $0) }), "\(row.name) twice, \(count)")
      }
    }
  }

  @Test func reluKeepsNaNAndStopsNegatives() throws {
    for row in runnableRows(AddForward.self) {
      let a = GuardedBuffer<Float>([.nan, 1, -1, .infinity, .infinity, -.infinity, 2])
      let b = GuardedBuffer<Float>([1, .nan, -0.0, -.infinity, 1, 1, -3])
      run(
        try plan(row, .init(count: 7, activation: .relu)), .init(a: a.pointer, b: b.pointer, output: a.pointer),
        keeping: b)
      #expect(sameBits(a.values, [.nan, .nan, 0, .nan, .infinity, 0, 0]), "\(row.name)")
    }
  }

  /// Small, and so large that it is stored past the caches.
  @Test(arguments: [sharedCount, 4_200_013])
  func threadsDoNotChangeTheBits(count: Int) throws {
    var random = TestRandom(seed: 3)
    let (first, second) = (random.reals(count), random.reals(count))
    let a = Workspace(byteCount: count * 4).filled(first)
    let b = Workspace(byteCount: count * 4).filled(second)
    let expected = zip(first, second).map { $0 + $1 <= 0 ? 0 : $0 + $1 }
    for row in runnableRows(AddForward.self) {
      for threads in [1, 2, 3] {
        let output = poisonedWorkspace(count * 4)
        let pointer = output.base.assumingMemoryBound(to: Float.self)
        run(
          try plan(row, .init(count: count, activation: .relu), threads: threads),
          .init(a: a.floats, b: b.floats, output: pointer), keeping: a, b)
        let values = Array(UnsafeBufferPointer(start: pointer, count: count))
        let difference = firstApart(values, expected, ulps: 0)
        #expect(difference == nil, "\(row.name), \(threads) threads: \(difference ?? "")")
        withExtendedLifetime(output) {}
      }
    }
  }

  @Test func countsAreValidated() {
    #expect(throws: KernelError.self) { try Plan<AddForward>(.init(count: -1)) }
    #expect(throws: KernelError.self) { try Plan<AddForward>(.init(count: .max / 2)) }
  }
}

extension Workspace {
  fileprivate var floats: UnsafeMutablePointer<Float> { base.assumingMemoryBound(to: Float.self) }

  fileprivate func filled(_ values: [Float]) -> Workspace {
    base.initializeMemory(as: Float.self, from: values, count: values.count)
    return self
  }
}
