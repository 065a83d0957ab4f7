import Foundation
import Kernels
import TestSupport
import Testing

@Suite struct DropoutTests {
  private static let key: UInt64 = 0x0123_4567_89AB_CDEF

  @Test func allLevelsDropTheSameValuesAtEveryCount() throws {
    for count in elementCounts {
      for sharing in [1, 2, 7, 17, 64] where count % sharing == 0 {
        for probability in [0, 0.1, 0.5, 1] {
          let problem = DropoutForward.Problem(count: count, sharing: sharing, probability: probability)
          let values = mixedValues(count)
          let expected = try drop(values, problem, DropoutForward.kernels[DropoutForward.kernels.count - 1])
          for row in runnableRows(DropoutForward.self) {
            let difference = firstApart(try drop(values, problem, row), expected, ulps: 0)
            #expect(difference == nil, "\(row.name) \(problem): \(difference ?? "")")
            let memory = GuardedBuffer(values)
            run(try plan(row, problem), .init(input: memory.pointer, output: memory.pointer, key: Self.key))
            #expect(sameBits(memory.values, expected), "\(row.name) in place \(problem)")
          }
        }
      }
    }
  }

  @Test func theLargestArraysAreStoredPastTheCachesWithTheSameBits() throws {
    let count = (16 << 20) / 4 + 64
    let input = Workspace(byteCount: count * 4)
    let output = Workspace(byteCount: count * 4)
    let (x, y) = (input.base.assumingMemoryBound(to: Float.self), output.base.assumingMemoryBound(to: Float.self))
    for i in 0..<count { x[i] = Float(i % 1000) + 1 }
    for sharing in [1, 64] {
      let problem = DropoutForward.Problem(count: count, sharing: sharing, probability: 0.25)
      for row in runnableRows(DropoutForward.self) where !row.isReference {
        y.update(repeating: .nan, count: count)
        run(try plan(row, problem), .init(input: x, output: y, key: Self.key), keeping: input, output)
        let kept = (0..<count).reduce(0) { $0 + (y[$1] == 0 ? 0 : 1) }
        #expect((0..<count).allSatisfy { y[$0] == 0 || y[$0] == x[$0] * problem.scale }, "\(row.name) \(sharing)")
        #expect(abs(Double(kept) / Double(count) - 0.75) < 0.01, "\(row.name) \(sharing)")
      }
    }
  }

  @Test func threadsDropTheSameValues() throws {
    for row in runnableRows(DropoutForward.self) {
      for sharing in [1, 7] {
        let problem = DropoutForward.Problem(count: 57_143 * 7, sharing: sharing, probability: 0.3)
        let values = [Float](repeating: 1, count: problem.count)
        let one = try drop(values, problem, row)
        for threads in [2, 3] {
          #expect(sameBits(try drop(values, problem, row, threads: threads), one), "\(row.name) \(sharing) \(threads)")
        }
      }
    }
  }

  @Test func whatIsKeptIsScaledExactlyAndNeighboursInAGroupShareTheirFate() throws {
    let problem = DropoutForward.Problem(count: 7000, sharing: 7, probability: 0.3)
    #expect(problem.scale == Float(1 / 0.7))
    let output = try drop([Float](repeating: 3, count: 7000), problem)
    for group in 0..<1000 {
      let values = Set(output[group * 7..<group * 7 + 7])
      #expect(values == [0] || values == [3 * problem.scale], "group \(group)")
    }
  }

  @Test func probabilitiesOfZeroAndOneAreExact() throws {
    let values = (0..<100_000).map { Float($0) + 0.5 }
    #expect(try drop(values, .init(count: values.count, probability: 0)) == values)
    #expect(try drop(values, .init(count: values.count, probability: 1)).allSatisfy { $0 == 0 })
  }

  /// A million draws of several keys: shares, runs, and agreement at distances stay within 5 standard deviations of those
  /// of independent draws.
  @Test(arguments: [0.1, 0.5, 0.9]) func drawsPassSimpleTestsOfChance(probability: Double) throws {
    let count = 1 << 20
    let keep = 1 - probability
    let keys: [UInt64] = [0, 1, 1 << 32, 0x9E37_79B9_7F4A_7C15, .max]
    let masks = try keys.map { key in
      try drop([Float](repeating: 1, count: count), .init(count: count, probability: probability), key: key)
        .map { $0 != 0 }
    }
    func expectShare(_ hits: Int, of total: Int, _ share: Double, _ what: String) {
      let deviation = (Double(hits) - Double(total) * share) / (Double(total) * share * (1 - share)).squareRoot()
      #expect(abs(deviation) < 5, "\(what): \(hits) of \(total), \(deviation) standard deviations off \(share)")
    }
    let agreement = keep * keep + probability * probability
    for (key, mask) in zip(keys, masks) {
      expectShare(mask.count { $0 }, of: count, keep, "kept, key \(key)")
      // Any bit of the place: whether kept values are as common where it is set.
      for bit in 0..<20 {
        let hits = (0..<count).count { $0 >> bit & 1 == 1 && mask[$0] }
        expectShare(hits, of: count / 2, keep, "kept where bit \(bit) is set, key \(key)")
      }
      for distance in [1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 64, 100, 256, 1000, 1024, 4096, 65_536] {
        let hits = (0..<count - distance).count { mask[$0] == mask[$0 + distance] }
        // Pairs that share a value depend on each other a little unless p is 1/2.
        expectShare(hits / 2, of: (count - distance) / 2, agreement, "agreement at \(distance), key \(key)")
      }
    }
    for i in keys.indices {
      for j in 0..<i {
        let hits = (0..<count).count { masks[i][$0] == masks[j][$0] }
        expectShare(hits, of: count, agreement, "agreement of keys \(keys[i]) and \(keys[j])")
      }
    }
    // Eight neighbours as a byte: all 256 as common as they should be, by the χ² test.
    var counts = [Int](repeating: 0, count: 256)
    for start in stride(from: 0, to: count, by: 8) {
      counts[(0..<8).reduce(0) { $0 << 1 | (masks[3][start + $1] ? 1 : 0) }] += 1
    }
    var rest = 0.0
    var degrees = -1.0
    for (byte, seen) in counts.enumerated() {
      let expected =
        Double(count / 8) * pow(keep, Double(byte.nonzeroBitCount))
        * pow(probability, Double(8 - byte.nonzeroBitCount))
      guard expected >= 5 else { continue }
      rest += (Double(seen) - expected) * (Double(seen) - expected) / expected
      degrees += 1
    }
    #expect(abs(rest - degrees) < 6 * (2 * degrees).squareRoot(), "χ² is \(rest) for \(degrees) degrees of freedom")
  }

  @Test func problemsAreValidated() {
    #expect(throws: KernelError.self) { try Plan<DropoutForward>(.init(count: -1, probability: 0.5)) }
    #expect(throws: KernelError.self) { try Plan<DropoutForward>(.init(count: .max / 2, probability: 0.5)) }
    #expect(throws: KernelError.self) { try Plan<DropoutForward>(.init(count: 10, sharing: 3, probability: 0.5)) }
    #expect(throws: KernelError.self) { try Plan<DropoutForward>(.init(count: 10, sharing: 0, probability: 0.5)) }
    for probability in [-0.1, 1.1, .nan] {
      #expect(throws: KernelError.self) { try Plan<DropoutForward>(.init(count: 10, probability: probability)) }
    }
  }

  private func drop(
    _ values: [Float], _ problem: DropoutForward.Problem, _ row: Kernel<DropoutForward>? = nil, key: UInt64 = key,
    threads: Int = 1
  ) throws -> [Float] {
    let input = GuardedBuffer(values)
    let output = GuardedBuffer<Float>.poisoned(count: values.count)
    run(
      try plan(row ?? DropoutForward.kernels[0], problem, threads: threads),
      .init(input: input.pointer, output: output.pointer, key: key), keeping: input)
    return output.values
  }
}
