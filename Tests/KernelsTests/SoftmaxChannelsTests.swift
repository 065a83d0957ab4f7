import Kernels
import TestSupport
import Testing

@Suite struct SoftmaxChannelsTests {
  /// Planes around the vectors of every level, and channels around nothing.
  private static let shapes: [ChannelsProblem] =
    [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 49].flatMap { plane in
      [1, 3, 10, 21].map { ChannelsProblem(batch: 2, channels: $0, plane: plane) }
    } + [
      // Blocks of several vectors: whole planes, with a vector that overlaps the last one, and more than one of them.
      ChannelsProblem(batch: 2, channels: 3, plane: 64), ChannelsProblem(batch: 2, channels: 21, plane: 77),
      ChannelsProblem(batch: 1, channels: 2, plane: 256), ChannelsProblem(batch: 2, channels: 5, plane: 601),
      ChannelsProblem(batch: 1, channels: 80, plane: 230),
      ChannelsProblem(batch: 0, channels: 3, plane: 5), ChannelsProblem(batch: 2, channels: 0, plane: 5),
      ChannelsProblem(batch: 2, channels: 3, plane: 0),
    ]

  @Test func softmaxMatchesTheReference() throws { try forwardMatches(SoftmaxChannelsForward.self, absolute: 0) }
  @Test func logSoftmaxMatchesTheReference() throws {
    try forwardMatches(LogSoftmaxChannelsForward.self, absolute: 5e-7)
  }
  @Test func softmaxBackwardMatchesTheReference() throws {
    try backwardMatches(SoftmaxChannelsBackward.self, forward: SoftmaxChannelsForward.self)
  }
  @Test func logSoftmaxBackwardMatchesTheReference() throws {
    try backwardMatches(LogSoftmaxChannelsBackward.self, forward: LogSoftmaxChannelsForward.self)
  }

  @Test func specialValuesStayInTheirPixel() throws {
    for row in runnableRows(SoftmaxChannelsForward.self) {
      let shape = ChannelsProblem(batch: 1, channels: 3, plane: 20)
      var values = [Float](repeating: 0, count: 60)
      values[20] = .nan
      values[21] = .infinity
      values[22] = -.infinity
      values[23] = 20_000
      let result = try forward(row, values, shape)
      for c in 0..<3 {
        #expect(result[c * 20].isNaN && result[c * 20 + 1].isNaN, "\(row.name)")
        #expect(result[c * 20 + 2] == (c == 1 ? 0 : 0.5), "\(row.name)")
        #expect(result[c * 20 + 3] == (c == 1 ? 1 : 0), "\(row.name)")
        #expect(abs(result[c * 20 + 4] - 1 / 3) < 1e-6, "\(row.name)")
      }
    }
  }

  @Test func threadsDoNotChangeTheBits() throws {
    let shape = ChannelsProblem(batch: 9, channels: 5, plane: 37)
    for row in runnableRows(LogSoftmaxChannelsForward.self) {
      let values = mixedValues(9 * 5 * 37)
      let one = try forward(row, values, shape)
      for threads in [2, 3] { #expect(sameBits(try forward(row, values, shape, threads: threads), one), "\(row.name)") }
    }
  }

  @Test func largeResultsAreStoredPastTheCaches() throws {
    let image = 4 << 19
    let values = (0..<image).map { Float($0 % 1021) / 64 - 8 }
    for row in runnableRows(SoftmaxChannelsForward.self) where !row.isReference {
      let one = try forward(row, values, ChannelsProblem(batch: 1, channels: 4, plane: 1 << 19))
      let two = try forward(row, values + values, ChannelsProblem(batch: 2, channels: 4, plane: 1 << 19))
      #expect(sameBits(Array(two[..<image]), one) && sameBits(Array(two[image...]), one), "\(row.name)")
    }
  }

  private func forward<Op: KernelOperation>(
    _ row: Kernel<Op>, _ values: [Float], _ shape: ChannelsProblem, threads: Int = 1
  ) throws -> [Float] where Op.Problem == ChannelsProblem, Op.Operands == RowsOperands {
    let input = GuardedBuffer(values)
    let output = GuardedBuffer<Float>.poisoned(count: values.count)
    run(
      try plan(row, shape, threads: threads), .init(input: input.pointer, output: output.pointer), keeping: input)
    return output.values
  }

  private func forwardMatches<Op: KernelOperation>(_ operation: Op.Type, absolute: Float) throws
  where Op.Problem == ChannelsProblem, Op.Operands == RowsOperands {
    for shape in Self.shapes {
      var random = TestRandom(seed: UInt64(shape.plane * 100 + shape.channels))
      let values = random.reals(shape.batch * shape.channels * shape.plane, in: -10...10)
      let expected = try forward(Op.kernels[Op.kernels.count - 1], values, shape)
      for row in runnableRows(Op.self) {
        for (value, right) in zip(try forward(row, values, shape), expected) {
          #expect(
            abs(value - right) <= absolute + 2e-6 * abs(right), "\(row.name) \(shape): \(value) instead of \(right)")
        }
      }
    }
  }

  private func backwardMatches<Op: KernelOperation, Forward: KernelOperation>(
    _ operation: Op.Type, forward: Forward.Type
  ) throws
  where
    Op.Problem == ChannelsProblem, Op.Operands == RowsBackwardOperands, Forward.Problem == ChannelsProblem,
    Forward.Operands == RowsOperands
  {
    for shape in Self.shapes {
      var random = TestRandom(seed: UInt64(shape.plane * 100 + shape.channels))
      let count = shape.batch * shape.channels * shape.plane
      let output = GuardedBuffer(try self.forward(Forward.kernels[0], random.reals(count, in: -3...3), shape))
      let gradient = GuardedBuffer(random.reals(count))
      func gradients(_ row: Kernel<Op>) throws -> [Float] {
        let result = GuardedBuffer<Float>.poisoned(count: count)
        run(
          try plan(row, shape),
          .init(output: output.pointer, outputGradient: gradient.pointer, inputGradient: result.pointer),
          keeping: output, gradient)
        return result.values
      }
      let expected = try gradients(Op.kernels[Op.kernels.count - 1])
      for row in runnableRows(Op.self) {
        for (value, right) in zip(try gradients(row), expected) {
          #expect(abs(value - right) <= 2e-6, "\(row.name) \(shape): \(value) instead of \(right)")
        }
      }
    }
  }
}
