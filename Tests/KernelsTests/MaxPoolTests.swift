import Kernels
import TestSupport
import Testing

@Suite struct MaxPoolTests {
  static let shapes = PoolShapes.valid(for: MaxPool2DForward.self)

  @Test("every kernel gives the reference's maxima and indices", arguments: InstructionSet.available)
  func forwardMatchesReference(level: InstructionSet) throws {
    var random = TestRandom(seed: 1)
    var ran: [String: Int] = [:]
    for (i, shape) in Self.shapes.enumerated() {
      let input = i % 3 == 0 ? Self.special(shape.inputCount, &random) : random.integers(shape.inputCount)
      let expected = try Self.forward(Plan<MaxPool2DForward>(shape, kernel: "reference"), input)
      for kernel in MaxPool2DForward.kernels where kernel.level == level && kernel.accepts(shape) {
        for threads in [1, 2] {
          let plan = try sharing {
            try Plan<MaxPool2DForward>(shape, level: level, threads: threads, kernel: kernel.name)
          }
          let result = try Self.forward(plan, input)
          let difference = firstDifference(result.output, expected.output)
          #expect(difference == nil, "\(kernel.name), \(threads) threads, \(shape)")
          #expect(result.maxIndices == expected.maxIndices, "\(kernel.name), \(threads) threads, \(shape)")
          let guarded = GuardedBuffer(input)
          let alone = GuardedBuffer<Float>.poisoned(count: shape.outputCount)
          plan.run(
            .init(input: guarded.pointer, output: alone.pointer, maxIndices: nil),
            workspace: poisonedWorkspace(plan.workspaceByteCount))
          #expect(firstDifference(alone.values, expected.output) == nil, "\(kernel.name) without indices, \(shape)")
        }
        ran[kernel.algorithm, default: 0] += 1
      }
    }
    #expect(ran["2x2", default: 0] > 100)
    #expect(ran["general", default: 0] == Self.shapes.count)
    #expect(ran["separable", default: 0] == Self.shapes.count)
    #expect(ran["3x3", default: 0] > 100)
    #expect(ran["disjoint", default: 0] > 100)
  }

  @Test("every kernel adds the gradients where the reference does", arguments: InstructionSet.available)
  func backwardMatchesReference(level: InstructionSet) throws {
    var random = TestRandom(seed: 2)
    var ran: [String: Int] = [:]
    for shape in Self.shapes {
      let input = random.integers(shape.inputCount)
      let maxIndices = try Self.forward(Plan<MaxPool2DForward>(shape, kernel: "reference"), input).maxIndices
      let gradient = random.reals(shape.outputCount)
      let expected = try Self.backward(Plan<MaxPool2DBackward>(shape, kernel: "reference"), gradient, maxIndices)
      for kernel in MaxPool2DBackward.kernels where kernel.level == level && kernel.accepts(shape) {
        for threads in [1, 2] {
          let plan = try sharing {
            try Plan<MaxPool2DBackward>(shape, level: level, threads: threads, kernel: kernel.name)
          }
          let difference = firstDifference(try Self.backward(plan, gradient, maxIndices), expected)
          #expect(difference == nil, "\(kernel.name), \(threads) threads, \(shape)")
        }
        ran[kernel.algorithm, default: 0] += 1
      }
    }
    #expect(ran["2x2", default: 0] > 100)
    #expect(ran["general", default: 0] == Self.shapes.count)
    #expect(ran["3x3", default: 0] > 100)
  }

  @Test("of equal 3×3 windows' values the first is the maximum, whatever other planes hold")
  func threeByThreeTies() throws {
    // Every plane is full of ties; the second of three holds one NaN, and one infinity.
    for stride in [1, 2] {
      var random = TestRandom(seed: 3)
      let shape = Pool2DShape(
        batch: 1, channels: 3, inputHeight: 20, inputWidth: 37, kernelHeight: 3, kernelWidth: 3, strideHeight: stride,
        strideWidth: stride, paddingHeight: 1, paddingWidth: 1)
      for special: Float in [0, .nan, .infinity, -.infinity] {
        var input = random.integers(shape.inputCount, in: 0...1).map { $0 == 0 ? -0.0 : $0 - 1 }
        input[20 * 37 + 11 * 37 + 36] = special
        let expected = try Self.forward(Plan<MaxPool2DForward>(shape, kernel: "reference"), input)
        for kernel in MaxPool2DForward.kernels where InstructionSet.available.contains(kernel.level) {
          guard kernel.accepts(shape) else { continue }
          let plan = try Plan<MaxPool2DForward>(shape, level: kernel.level, kernel: kernel.name)
          let result = try Self.forward(plan, input)
          #expect(firstDifference(result.output, expected.output) == nil, "\(kernel.name), stride \(stride)")
          #expect(result.maxIndices == expected.maxIndices, "\(kernel.name), stride \(stride)")
        }
      }
    }
  }

  @Test("of equal values the first is the maximum, of NaN the last", arguments: MaxPool2DForward.kernels.map(\.name))
  func tiesAndNaN(kernel: String) throws {
    let nan = Float.nan
    let windows: [(window: [Float], maximum: Float, index: Int32)] = [
      ([1, 1, 1, 1], 1, 0), ([0, 2, 2, 2], 2, 1), ([0, 1, 2, 2], 2, 2), ([0, 1, 2, 3], 3, 3),
      ([-0.0, 0, 0, -0.0], 0, 0), ([nan, 5, 6, 7], nan, 0), ([nan, 5, nan, 7], nan, 2), ([9, 9, 9, nan], nan, 3),
      ([nan, nan, 9, .infinity], nan, 1), ([.infinity, .infinity, 1, 0], .infinity, 0),
      ([-.infinity, -.infinity, -.infinity, -.infinity], -.infinity, 0),
      ([-.infinity, -.infinity, -.greatestFiniteMagnitude, 1], 1, 3),
    ]
    // Every window at every lane of a row of 40, and so in vectors and tails.
    for shift in 0..<windows.count {
      var input = [Float](repeating: 0, count: 160)
      let items = (0..<40).map { windows[($0 + shift) % windows.count] }
      for (x, item) in items.enumerated() {
        for i in 0..<4 { input[i / 2 * 80 + 2 * x + i % 2] = item.window[i] }
      }
      let shape = Pool2DShape(
        batch: 1, channels: 1, inputHeight: 2, inputWidth: 80, kernelHeight: 2, kernelWidth: 2, strideHeight: 2,
        strideWidth: 2)
      guard let row = MaxPool2DForward.kernels.first(where: { $0.name == kernel }),
        InstructionSet.available.contains(row.level), row.accepts(shape)
      else { continue }
      let result = try Self.forward(Plan<MaxPool2DForward>(shape, level: row.level, kernel: kernel), input)
      #expect(firstDifference(result.output, items.map(\.maximum)) == nil)
      #expect(result.maxIndices == items.map(\.index))
    }
  }

  @Test("padding is never the maximum, not even over minus infinity")
  func padding() throws {
    let shape = Pool2DShape(
      batch: 1, channels: 1, inputHeight: 2, inputWidth: 2, kernelHeight: 3, kernelWidth: 3, strideHeight: 1,
      strideWidth: 1, paddingHeight: 1, paddingWidth: 1)
    for input: [Float] in [[-7, -8, -9, -10], [Float](repeating: -.infinity, count: 4)] {
      for kernel in MaxPool2DForward.kernels where InstructionSet.available.contains(kernel.level) {
        guard kernel.accepts(shape) else { continue }
        let result = try Self.forward(
          Plan<MaxPool2DForward>(shape, level: kernel.level, kernel: kernel.name), input)
        #expect(result.output == [Float](repeating: input[0], count: 4))
        #expect(result.maxIndices == [4, 3, 1, 0])
      }
    }
  }

  @Test("no kernel touches anything for an empty batch")
  func emptyBatch() throws {
    var shape = PoolShapes.large
    shape.batch = 0
    for kernel in MaxPool2DForward.kernels where InstructionSet.available.contains(kernel.level) {
      guard kernel.accepts(shape) else { continue }
      let plan = try sharing { try Plan<MaxPool2DForward>(shape, level: kernel.level, threads: 2, kernel: kernel.name) }
      #expect(try Self.forward(plan, []).output.isEmpty)
    }
    for kernel in MaxPool2DBackward.kernels where InstructionSet.available.contains(kernel.level) {
      guard kernel.accepts(shape) else { continue }
      let plan = try sharing {
        try Plan<MaxPool2DBackward>(shape, level: kernel.level, threads: 2, kernel: kernel.name)
      }
      #expect(try Self.backward(plan, [], []).isEmpty)
    }
  }

  /// Data with many NaN and infinities among small integers.
  static func special(_ count: Int, _ random: inout TestRandom) -> [Float] {
    let values: [Float] = [.nan, .infinity, -.infinity, -0.0, 0, 1, 2, 3, -1, -2, -3, .nan]
    return (0..<count).map { _ in values[Int.random(in: 0..<values.count, using: &random)] }
  }

  static func forward(
    _ plan: Plan<MaxPool2DForward>, _ input: [Float]
  ) throws -> (output: [Float], maxIndices: [Int32]) {
    let input = GuardedBuffer(input)
    let output = GuardedBuffer<Float>.poisoned(count: plan.problem.outputCount)
    let maxIndices = GuardedBuffer<Int32>(repeating: -1, count: plan.problem.outputCount)
    plan.run(
      .init(input: input.pointer, output: output.pointer, maxIndices: maxIndices.pointer),
      workspace: poisonedWorkspace(plan.workspaceByteCount))
    return (output.values, maxIndices.values)
  }

  static func backward(
    _ plan: Plan<MaxPool2DBackward>, _ gradient: [Float], _ maxIndices: [Int32]
  ) throws -> [Float] {
    let gradient = GuardedBuffer(gradient)
    let maxIndices = GuardedBuffer(maxIndices)
    let result = GuardedBuffer<Float>.poisoned(count: plan.problem.inputCount)
    plan.run(
      .init(outputGradient: gradient.pointer, maxIndices: maxIndices.pointer, inputGradient: result.pointer),
      workspace: poisonedWorkspace(plan.workspaceByteCount))
    return result.values
  }
}
