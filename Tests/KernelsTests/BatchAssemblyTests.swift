import Kernels
import TestSupport
import Testing

@Suite struct BatchAssemblyTests {
  /// A scale and an offset for each of so many channels.
  private func constants(_ channels: Int) -> (scales: GuardedBuffer<Float>, offsets: GuardedBuffer<Float>) {
    (
      GuardedBuffer((0..<channels).map { 2 + Float($0 % 7) / 3 }),
      GuardedBuffer((0..<channels).map { -1 + Float($0 % 5) / 9 })
    )
  }

  @Test func everyByteIsNormalisedExactlyAsItsColourIs() throws {
    for row in runnableRows(BatchAssembly.self) {
      for elements in elementCounts where elements <= 257 {
        for (channels, plane) in [(1, elements), (elements, 1)] {
          let problem = BatchAssembly.Problem(batch: 5, channels: channels, plane: plane)
          let bytes = GuardedBuffer((0..<7 * elements).map { UInt8(truncatingIfNeeded: $0 * 37 + elements) })
          let indices = GuardedBuffer<Int32>([6, 0, 3, 3, 5])
          let output = GuardedBuffer<Float>.poisoned(count: 5 * elements)
          let (scales, offsets) = constants(channels)
          run(
            try plan(row, problem),
            .init(
              images: bytes.pointer, indices: indices.pointer, scales: scales.pointer, offsets: offsets.pointer,
              output: output.pointer),
            keeping: bytes, indices, scales, offsets)
          let colours = GuardedBuffer(
            indices.values.flatMap { image in
              (0..<elements).map { Float(bytes.values[Int(image) * elements + $0]) * (1 / 255) }
            })
          let expected = colours.values.enumerated().map { i, colour -> Float in
            let channel = i % elements / plane
            return colour * scales.values[channel] + offsets.values[channel]
          }
          let difference = firstApart(output.values, expected, ulps: 0)
          #expect(difference == nil, "\(row.name) \(problem): \(difference ?? "")")
          let scaled = GuardedBuffer<Float>.poisoned(count: 5 * elements)
          run(
            try Plan<ChannelScaling>(.init(batch: 5, channels: channels, plane: plane), level: row.level),
            .init(
              input: colours.pointer, scales: scales.pointer, offsets: offsets.pointer, output: scaled.pointer),
            keeping: colours, scales, offsets)
          #expect(sameBits(scaled.values, output.values), "\(row.name) \(problem)")
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
      let (scales, offsets) = constants(3)
      run(
        try plan(row, .init(batch: 0, channels: 3, plane: 4)),
        .init(
          images: none.pointer, indices: noIndices.pointer, scales: scales.pointer, offsets: offsets.pointer,
          output: output.pointer),
        keeping: none, noIndices, scales, offsets, output)
    }
  }

  @Test func threadsDoNotChangeTheBits() throws {
    for row in runnableRows(BatchAssembly.self) {
      let problem = BatchAssembly.Problem(batch: 131, channels: 3, plane: 1024)
      let bytes = GuardedBuffer((0..<40 * 3072).map { UInt8(truncatingIfNeeded: $0 * 101) })
      let indices = GuardedBuffer<Int32>((0..<131).map { Int32(($0 * 7) % 40) })
      let (scales, offsets) = constants(3)
      let outputs = try [1, 2, 3].map { threads in
        let output = GuardedBuffer<Float>.poisoned(count: 131 * 3072)
        run(
          try plan(row, problem, threads: threads),
          .init(
            images: bytes.pointer, indices: indices.pointer, scales: scales.pointer, offsets: offsets.pointer,
            output: output.pointer),
          keeping: bytes, indices, scales, offsets)
        return output.values
      }
      #expect(sameBits(outputs[0], outputs[1]) && sameBits(outputs[0], outputs[2]), "\(row.name)")
    }
  }
}
