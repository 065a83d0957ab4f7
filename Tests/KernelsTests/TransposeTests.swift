import KernelsISA
import TestSupport
import Testing

@testable import Kernels

@Suite struct TransposeTests {
  @Test("a matrix of any size is transposed, and nothing else is read or written", arguments: InstructionSet.available)
  func anySize(level: InstructionSet) {
    var random = TestRandom(seed: 1)
    for rows in 0...37 {
      for columns in [0, 1, 2, 3, 4, 5, 7, 8, 11, 16, 19] {
        let (sourceStride, targetStride) = (columns + rows % 3, rows + columns % 2)
        let source = random.integers(max((rows - 1) * sourceStride + columns, 0))
        let size = max((columns - 1) * targetStride + rows, 0)
        var expected = [Float](repeating: -1, count: size)
        for r in 0..<rows { for c in 0..<columns { expected[c * targetStride + r] = source[r * sourceStride + c] } }
        let from = GuardedBuffer(source)
        let to = GuardedBuffer([Float](repeating: -1, count: size))
        var arguments = TransposeArguments(
          source: from.pointer, target: to.pointer, rows: rows, columns: columns, sourceStride: sourceStride,
          targetStride: targetStride)
        Levels.transpose[level](&arguments)
        #expect(to.values == expected, "\(rows) × \(columns)")
      }
    }
  }
}
