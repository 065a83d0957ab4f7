import Kernels
import TestSupport
import Testing

@Suite struct BatchAssemblyTests {
  @Test func everyByteIsScaledExactlyAsTheReferenceDoes() throws {
    for row in runnableRows(BatchAssembly.self) {
      for elements in elementCounts where elements <= 257 {
        for (channels, plane) in [(1, elements), (elements, 1)] {
          let problem = BatchAssembly.Problem(batch: 5, channels: channels, plane: plane)
          let bytes = GuardedBuffer((0..<7 * elements).map { UInt8(truncatingIfNeeded: $0 * 37 + elements) })
          let indices = GuardedBuffer<Int32>([6, 0, 3, 3, 5])
          let output = GuardedBuffer<Float>.poisoned(count: 5 * elements)
          run(
            try plan(row, problem),
            .init(
              images: bytes.pointer, indices: indices.pointer, scale: 2 / 255, offset: -1, output: output.pointer),
            keeping: bytes, indices)
          let scale: Float = 2 / 255
          let expected = indices.values.flatMap { image in
            (0..<elements).map { i -> Float in Float(bytes.values[Int(image) * elements + i]) * scale + -1 }
          }
          let difference = firstApart(output.values, expected, ulps: 0)
          #expect(difference == nil, "\(row.name) \(problem): \(difference ?? "")")
        }
      }
    }
  }

  @Test func sizesAreValidatedAndAnEmptyBatchDoesNothing() throws {
    for problem in [
      BatchAssembly.Problem(batch: -1, channels: 3, plane: 4), .init(batch: 1, channels: -3, plane: 4),
      .init(batch: 1, channels: 3, plane: -4), .init(batch: 1 << 30, channels: 1 << 20, plane: 1 << 20),
    ] {
      #expect(throws: KernelError.self, "\(problem)") { try Plan<BatchAssembly>(problem) }
    }
    for row in runnableRows(BatchAssembly.self) {
      let none = GuardedBuffer<UInt8>([])
      let noIndices = GuardedBuffer<Int32>([])
      let output = GuardedBuffer<Float>([])
      run(
        try plan(row, .init(batch: 0, channels: 3, plane: 4)),
        .init(images: none.pointer, indices: noIndices.pointer, scale: 1, offset: 0, output: output.pointer),
        keeping: none, noIndices, output)
    }
  }

  @Test func threadsDoNotChangeTheBits() throws {
    for row in runnableRows(BatchAssembly.self) {
      let problem = BatchAssembly.Problem(batch: 131, channels: 3, plane: 1024)
      let bytes = GuardedBuffer((0..<40 * 3072).map { UInt8(truncatingIfNeeded: $0 * 101) })
      let indices = GuardedBuffer<Int32>((0..<131).map { Int32(($0 * 7) % 40) })
      let outputs = try [1, 2, 3].map { threads in
        let output = GuardedBuffer<Float>.poisoned(count: 131 * 3072)
        run(
          try plan(row, problem, threads: threads),
          .init(images: bytes.pointer, indices: indices.pointer, scale: 1 / 255, offset: 0, output: output.pointer),
          keeping: bytes, indices)
        return output.values
      }
      #expect(sameBits(outputs[0], outputs[1]) && sameBits(outputs[0], outputs[2]), "\(row.name)")
    }
  }
}
